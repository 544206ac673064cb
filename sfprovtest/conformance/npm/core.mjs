// @salesforce/core, on which Salesforce's own tools stand:
// https://github.com/forcedotcom/sfdx-core
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AuthInfo, Connection, Org, User } from '@salesforce/core';
import { checkRelationships, newUser, org, paging, refused, relationships, run } from './cells.mjs';

const privateKeyFile = join(homedir(), 'key.pem');
writeFileSync(privateKeyFile, org.privateKey, { mode: 0o600 });

// The library keeps what it knows of a login in the home directory, which is the test's.
let conn;
let users;
let target;

async function create(name, more) {
  const made = await users.create(newUser(name, more));
  assert.equal(made.success, true);
  return made.id;
}

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
    users = conn.sobject('User');
    target = await Org.create({ connection: conn });
    assert.equal(info.getUsername(), org.username, 'as userinfo says');
    assert.match(info.getFields().orgId, /^00D/);
  },
  userinfo: async () => {
    assert.equal((await conn.request(`${org.url}/services/oauth2/userinfo`)).preferred_username, org.username);
  },
  'identity URL': async () => {
    const identity = await conn.identity();
    assert.equal(identity.username, org.username);
    assert.equal(identity.user_id, org.userId);
  },
  'create a user': () => create('core-create', { Department: 'Sales' }),
  'read a user': async () => {
    const id = await create('core-read');
    assert.equal((await users.retrieve(id)).Id, id);
    const found = await conn.singleRecordQuery(`SELECT Id FROM User WHERE Username = 'core-read@${org.domain}'`);
    assert.equal(found.Id, id);
  },
  'update a user': async () => {
    const id = await create('core-update', { Department: 'Sales' });
    await users.update({ Id: id, Title: 'CFO', Department: null });
    return id;
  },
  'deactivate a user': async () => {
    const id = await create('core-deactivate');
    await users.update({ Id: id, IsActive: false });
    return id;
  },
  'freeze a user': async () => {
    const id = await create('core-freeze');
    const login = await conn.singleRecordQuery(`SELECT Id FROM UserLogin WHERE UserId = '${id}'`);
    await conn.sobject('UserLogin').update({ Id: login.Id, IsFrozen: true });
    return id;
  },
  'set a password': async () => {
    const id = await create('core-password');
    await conn.requestPost(`/sobjects/User/${id}/password`, { NewPassword: org.newPassword });
    return id;
  },
  'reset a password': async () => {
    const id = await create('core-reset');
    assert.ok((await conn.requestDelete(`/sobjects/User/${id}/password`)).NewPassword);
    return id;
  },
  'create many': async () => {
    const results = await users.create([newUser('core-many-1'), newUser('core-many-2'), newUser('core-many-1')]);
    assert.deepEqual(results.map((result) => result.success), [true, true, false]);
  },
  'update many': async () => {
    const ids = [await create('core-update-1'), await create('core-update-2')];
    const results = await users.update(ids.map((Id) => ({ Id, Title: 'CFO' })));
    assert.deepEqual(results.map((result) => result.success), [true, true]);
    return ids;
  },
  'retrieve many': async () => {
    const ids = [await create('core-retrieve'), org.unknownId];
    const [found, missing] = await users.retrieve(ids);
    assert.equal(found.Username, `core-retrieve@${org.domain}`);
    assert.equal(missing, null);
  },
  'upsert by FederationIdentifier': async () => {
    const made = await users.upsert(newUser('core-federated', { FederationIdentifier: 'core-F1' }), 'FederationIdentifier');
    assert.equal(made.created, true);
    await users.upsert({ FederationIdentifier: 'core-F1', Title: 'CFO' }, 'FederationIdentifier');
    return made.id;
  },
  query: async () => {
    // What user.retrieve() finds are the fields from which Salesforce's tools make new users.
    const user = await User.create({ org: target });
    const fields = await user.retrieve(org.username);
    assert.equal(fields.id, org.userId);
    for (const name of ['profileId', 'timeZoneSidKey', 'localeSidKey', 'emailEncodingKey', 'languageLocaleKey']) assert.ok(fields[name], name);
  },
  'query: several pages': async () => {
    const all = await conn.autoFetchQuery(paging);
    assert.equal(new Set(all.records.map((record) => record.Id)).size, org.departmentSize);
  },
  'query: relationships': async () => checkRelationships(await conn.singleRecordQuery(relationships)),
  'query: count': async () => {
    assert.equal(await users.count({ Department: org.department }), org.departmentSize);
  },
  composite: async () => {
    const base = conn.baseUrl().replace(org.url, '');
    const { compositeResponse } = await conn.requestPost('/composite', {
      compositeRequest: [
        { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'user', body: newUser('core-composite') },
        { method: 'PATCH', url: `${base}/sobjects/User/@{user.id}`, referenceId: 'title', body: { Title: 'CFO' } },
      ],
    });
    assert.deepEqual(compositeResponse.map((part) => part.httpStatusCode), [201, 204]);
    return compositeResponse[0].body.id;
  },
  'assign a permission set': async () => {
    const id = await create('core-assign');
    const user = await User.create({ org: target });
    await user.assignPermissionSets(id, [org.permissionSetName]);
    return id;
  },
  'assign it twice': async () => {
    const id = await create('core-twice');
    const user = await User.create({ org: target });
    await user.assignPermissionSets(id, [org.permissionSetName]);
    await refused(user.assignPermissionSets(id, [org.permissionSetName]), 'DUPLICATE_VALUE');
  },
  describe: async () => {
    const { fields } = await conn.describe('User');
    assert.equal(fields.find((one) => one.name === 'Username').length, 80);
  },
  'describe all objects': async () => {
    assert.ok((await conn.describeGlobal()).sobjects.some((one) => one.name === 'User'));
  },
  limits: async () => {
    assert.ok((await conn.limits()).DailyApiRequests.Max > 0);
  },
  versions: async () => {
    assert.match(await conn.retrieveMaxApiVersion(), /^\d+\.0$/);
    assert.equal(await conn.isResolvable(), true);
    await target.refreshAuth();
  },
  'refusal: duplicate username': async () => {
    await refused(users.create(newUser('core-create')), 'DUPLICATE_USERNAME');
  },
  'refusal: missing field': async () => {
    const { LastName, ...rest } = newUser('core-missing');
    await refused(users.create(rest), 'REQUIRED_FIELD_MISSING');
  },
  'refusal: unknown field': async () => {
    await refused(users.create(newUser('core-unknown', { Nickname: 'x' })), 'INVALID_FIELD');
  },
  'refusal: unknown ID': async () => {
    await refused(users.retrieve(org.unknownId), 'NOT_FOUND');
  },
  'refusal: malformed query': async () => {
    await refused(conn.query('SELECT FROM User WHERE'), 'MALFORMED_QUERY');
  },
  'refusal: expired session, and a new one': async () => {
    const info = await AuthInfo.create({ username: org.username });
    const byJWT = await Connection.create({ authInfo: info });
    byJWT.accessToken = '00D000000000000!stale';
    assert.equal((await byJWT.query('SELECT Id FROM User LIMIT 1')).records.length, 1);
  },
  'refusal: what sfprovtest has not got': async () => {
    const err = await refused(conn.request('/parameterizedSearch?q=jones'), 'NOT_IMPLEMENTED');
    assert.match(err.message, /sfprovtest/);
  },
});
