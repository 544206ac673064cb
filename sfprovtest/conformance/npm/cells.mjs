// What the scripts share: they do one operation after the other against the org
// that they are told of, and print a line of JSON for each.
import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';

/** The org under test and what is in it, as the Go test says. */
export const org = JSON.parse(process.env.SFPROVTEST_CONFORMANCE);

/** Does the operations in order. Each is a function by its name; what it returns tells the Go test more. */
export async function run(client, operations) {
  for (const [operation, work] of Object.entries(operations)) {
    let ok = true;
    let detail;
    try {
      detail = await work();
    } catch (err) {
      ok = false;
      detail = describe(err);
    }
    process.stdout.write(`${JSON.stringify({ client, operation, ok, detail: detail ?? null })}\n`);
  }
}

function describe(err) {
  const more = Object.fromEntries(Object.entries(err ?? {}).filter(([, value]) => typeof value !== 'object'));
  return `${err?.stack ?? err} ${JSON.stringify(more)}`;
}

/** The fields of a new user; the name becomes the username. */
export function newUser(name, more = {}) {
  const address = `${name}@${org.domain}`;
  return { ...org.defaults, Username: address, LastName: 'Jones', Email: address, Alias: 'jones', ...more };
}

/** Insists that work is refused with the code, and returns the error. */
export async function refused(work, code) {
  const err = await work.then(
    (value) => assert.fail(`succeeded: ${JSON.stringify(value)}`),
    (reason) => reason,
  );
  assert.equal(err.errorCode ?? err.code, code, describe(err));
  return err;
}

/** A signed assertion for the JWT bearer grant, as Salesforce documents it. */
export function assertion() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 180;
  const signed = `${part({ alg: 'RS256' })}.${part({ iss: org.clientId, sub: org.username, aud: org.audience, exp })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(org.privateKey, 'base64url')}`;
}

export const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const paging = `SELECT Id, Username FROM User WHERE Department = '${org.department}'`;
export const relationships =
  'SELECT Id, Profile.Name, Profile.UserLicense.Name, Manager.Username, UserRole.Name FROM User ' +
  `WHERE Username = '${org.worker}' AND Profile.UserLicense.Name != null`;

/** Insists that a record is what `relationships` is to find. */
export function checkRelationships(record) {
  assert.equal(record.Profile.Name, org.profile);
  assert.equal(record.Profile.UserLicense.Name, org.license);
  assert.equal(record.Manager.Username, org.username);
  assert.equal(record.UserRole, null);
}
