// @salesforce/core, on which Salesforce's own tools stand:
// https://github.com/forcedotcom/sfdx-core
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AuthInfo, Connection, Org, User } from '@salesforce/core';
import { newUser, org, paging, refused, run } from './cells.mjs';
import { operations } from './connection.mjs';

// The library keeps what it knows of a login in the home directory, which is the test's.
const privateKeyFile = join(homedir(), 'key.pem');
writeFileSync(privateKeyFile, org.privateKey, { mode: 0o600 });

let conn;

await run('@salesforce/core', {
  'login: JWT': async () => {
    const info = await AuthInfo.create({
      username: org.username,
      oauth2Options: { clientId: org.clientId, privateKeyFile, loginUrl: org.url },
    });
    await info.save();
    const byJWT = await Connection.create({ authInfo: info });
    assert.equal((await byJWT.query('SELECT Id FROM User LIMIT 1')).records.length, 1);
  },
  'login: token from elsewhere': async () => {
    const info = await AuthInfo.create({ accessTokenOptions: { accessToken: org.accessToken, instanceUrl: org.url } });
    conn = await Connection.create({ authInfo: info });
    assert.equal(info.getUsername(), org.username, 'as userinfo says');
    assert.match(info.getFields().orgId, /^00D/);
  },
});

const target = await Org.create({ connection: conn });
const user = await User.create({ org: target });
const shared = operations('core', conn);

async function create(name) {
  const { id } = await conn.sobject('User').create(newUser(name));
  return id;
}

await run('@salesforce/core', {
  ...shared,
  'read a user': async () => {
    await shared['read a user']();
    const found = await conn.singleRecordQuery(`SELECT Id FROM User WHERE Username = 'core-read@${org.domain}'`);
    assert.match(found.Id, /^005/);
  },
  query: async () => {
    await shared.query();
    // The fields from which Salesforce's tools make new users.
    const fields = await user.retrieve(org.username);
    assert.equal(fields.id, org.userId);
    for (const name of ['profileId', 'timeZoneSidKey', 'localeSidKey', 'emailEncodingKey', 'languageLocaleKey']) assert.ok(fields[name], name);
  },
  'query: several pages': async () => {
    await shared['query: several pages']();
    const all = await conn.autoFetchQuery(paging);
    assert.equal(new Set(all.records.map((record) => record.Id)).size, org.departmentSize);
  },
  'assign a permission set': async () => {
    const id = await create('core-permset');
    await user.assignPermissionSets(id, [org.permissionSetName]);
    return [id, await shared['assign a permission set']()];
  },
  'assign it twice': async () => {
    const id = await create('core-permset-twice');
    await user.assignPermissionSets(id, [org.permissionSetName]);
    await refused(user.assignPermissionSets(id, [org.permissionSetName]), 'DUPLICATE_VALUE');
  },
  versions: async () => {
    assert.match(await conn.retrieveMaxApiVersion(), /^\d+\.0$/);
    assert.equal(await conn.isResolvable(), true);
    await target.refreshAuth();
  },
  'refusal: expired session, and a new one': async () => {
    const info = await AuthInfo.create({ username: org.username });
    const byJWT = await Connection.create({ authInfo: info });
    byJWT.accessToken = '00D000000000000!stale';
    assert.equal((await byJWT.query('SELECT Id FROM User LIMIT 1')).records.length, 1);
  },
});
