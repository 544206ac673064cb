// jsforce: https://jsforce.github.io
import assert from 'node:assert/strict';
import jsforce from 'jsforce';
import { assertion, checkRelationships, jwtBearer, newUser, org, paging, refused, relationships, run } from './cells.mjs';

const oauth2 = { loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret };

async function login(params = { grant_type: 'client_credentials' }) {
  const conn = new jsforce.Connection({ oauth2 });
  const info = await conn.authorize(params);
  assert.equal(info.id, org.userId);
  assert.equal(conn.instanceUrl, org.url);
  return conn;
}

const conn = await login();
const users = conn.sobject('User');
const assignments = conn.sobject('PermissionSetAssignment');

async function create(name, more) {
  const made = await users.create(newUser(name, more));
  assert.equal(made.success, true);
  return made.id;
}

const succeeded = (results) => results.map((result) => result.success);

await run('jsforce', {
  'login: client credentials': async () => {
    await login();
  },
  'login: password': async () => {
    const byPassword = new jsforce.Connection({ oauth2 });
    const info = await byPassword.loginByOAuth2(org.username, org.password);
    assert.equal(info.id, org.userId);
    assert.equal((await byPassword.query('SELECT Id FROM User LIMIT 1')).records.length, 1);
  },
  'login: JWT': async () => {
    const byJWT = await login({ grant_type: jwtBearer, assertion: assertion() });
    assert.equal((await byJWT.query('SELECT Id FROM User LIMIT 1')).records.length, 1);
  },
  'login: token from elsewhere': async () => {
    const elsewhere = new jsforce.Connection({ instanceUrl: org.url, accessToken: conn.accessToken });
    assert.equal((await elsewhere.query('SELECT Id FROM User LIMIT 1')).done, true);
  },
  userinfo: async () => {
    const info = await conn.request('/services/oauth2/userinfo');
    assert.equal(info.user_id, org.userId);
    assert.equal(info.preferred_username, org.username);
  },
  'identity URL': async () => {
    const identity = await conn.identity();
    assert.equal(identity.user_id, org.userId);
    assert.equal(identity.username, org.username);
    assert.match(identity.organization_id, /^00D/);
    assert.equal(identity.active, true);
    assert.ok(identity.urls.rest.startsWith(org.url), identity.urls.rest);
  },
  'revoke a token': async () => {
    const leaving = await login();
    const token = leaving.accessToken;
    await leaving.logout();
    const after = new jsforce.Connection({ instanceUrl: org.url, accessToken: token });
    await refused(after.query('SELECT Id FROM User'), 'INVALID_SESSION_ID');
  },
  'create a user': () => create('jsforce-create', { Department: 'Sales' }),
  'read a user': async () => {
    const record = await users.retrieve(await create('jsforce-read'));
    assert.equal(record.Username, `jsforce-read@${org.domain}`);
    assert.equal(record.attributes.type, 'User');
    assert.equal(record.IsActive, true);
  },
  'update a user': async () => {
    const id = await create('jsforce-update', { Department: 'Sales' });
    const result = await users.update({ Id: id, Title: 'CFO', Department: null });
    assert.deepEqual(result, { id, success: true, errors: [] });
    return id;
  },
  'deactivate a user': async () => {
    const id = await create('jsforce-deactivate');
    await users.update({ Id: id, IsActive: false });
    return id;
  },
  'freeze a user': async () => {
    const id = await create('jsforce-freeze');
    const login = await conn.sobject('UserLogin').findOne({ UserId: id }, ['Id', 'IsFrozen']);
    assert.equal(login.IsFrozen, false);
    await conn.sobject('UserLogin').update({ Id: login.Id, IsFrozen: true });
    return id;
  },
  'set a password': async () => {
    const id = await create('jsforce-password');
    await conn.requestPost(`/sobjects/User/${id}/password`, { NewPassword: org.newPassword });
    assert.equal((await conn.request(`/sobjects/User/${id}/password`)).isExpired, false);
    return id;
  },
  'reset a password': async () => {
    const id = await create('jsforce-reset');
    const { NewPassword } = await conn.requestDelete(`/sobjects/User/${id}/password`);
    assert.ok(NewPassword);
    return id;
  },
  'create many': async () => {
    const results = await users.create([newUser('jsforce-many-1'), newUser('jsforce-many-2'), newUser('jsforce-many-1')]);
    assert.deepEqual(succeeded(results), [true, true, false]);
    assert.equal(results[2].errors[0].statusCode ?? results[2].errors[0].errorCode, 'DUPLICATE_USERNAME');
  },
  'update many': async () => {
    const ids = [await create('jsforce-update-1'), await create('jsforce-update-2'), org.unknownId];
    const results = await users.update(ids.map((Id) => ({ Id, Title: 'CFO' })));
    assert.deepEqual(succeeded(results), [true, true, false]);
    return ids.slice(0, 2);
  },
  'create many, all or none': async () => {
    const results = await users.create([newUser('jsforce-none'), newUser('jsforce-create')], { allOrNone: true });
    assert.deepEqual(succeeded(results), [false, false]);
    const codes = results.map((result) => result.errors[0].statusCode ?? result.errors[0].errorCode);
    assert.deepEqual(codes, ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'DUPLICATE_USERNAME']);
  },
  'retrieve many': async () => {
    const ids = [await create('jsforce-retrieve'), org.unknownId];
    const [found, missing] = await users.retrieve(ids, { fields: ['Id', 'Username'] });
    assert.equal(found.Username, `jsforce-retrieve@${org.domain}`);
    assert.equal(missing, null);
  },
  'upsert by FederationIdentifier': async () => {
    const record = newUser('jsforce-federated', { FederationIdentifier: 'jsforce-F1' });
    const made = await users.upsert(record, 'FederationIdentifier');
    assert.equal(made.success, true);
    assert.equal(made.created, true);
    const changed = await users.upsert({ FederationIdentifier: 'jsforce-F1', Title: 'CFO' }, 'FederationIdentifier');
    assert.equal(changed.success, true);
    return made.id;
  },
  'upsert by Username': async () => {
    const made = await users.upsert(newUser('jsforce-upsert'), 'Username');
    assert.equal(made.created, true);
    await users.upsert({ Username: `jsforce-upsert@${org.domain}`, Title: 'CFO' }, 'Username');
    return made.id;
  },
  'upsert by Id': async () => {
    const id = await create('jsforce-by-id');
    assert.equal((await users.upsert({ Id: id, Title: 'CFO' }, 'Id')).success, true);
    return id;
  },
  'upsert many': async () => {
    const field = 'FederationIdentifier';
    const record = (n) => newUser(`jsforce-upsert-${n}`, { [field]: `jsforce-M${n}` });
    await users.upsert(record(1), field);
    const results = await users.upsert([{ ...record(1), Title: 'CFO' }, { ...record(2), Title: 'CFO' }], field);
    assert.deepEqual(succeeded(results), [true, true]);
    assert.deepEqual(results.map((result) => result.created), [false, true]);
    return results.map((result) => result.id);
  },
  query: async () => {
    const id = await create('jsforce-query', { Department: "O'Neil's" });
    const found = await users.find({ Department: "O'Neil's", IsActive: true }, ['Id', 'CreatedDate']).sort({ CreatedDate: -1 }).limit(5);
    assert.deepEqual(found.map((record) => record.Id), [id]);
  },
  'query: several pages': async () => {
    const all = await conn.query(`${paging} ORDER BY Username`, { autoFetch: true, maxFetch: 1000 });
    assert.equal(all.totalSize, org.departmentSize);
    assert.equal(new Set(all.records.map((record) => record.Id)).size, org.departmentSize);
  },
  'query: relationships': async () => {
    const { records } = await conn.query(relationships);
    checkRelationships(records[0]);
    const found = await users.find({ 'Profile.Name': org.profile, Username: org.worker }, ['Id', 'Profile.Name']);
    assert.equal(found[0].Profile.Name, org.profile);
  },
  'query: count': async () => {
    assert.equal(await users.count({ Department: org.department }), org.departmentSize);
  },
  'query: COUNT with GROUP BY': async () => {
    const { records } = await conn.query(
      `SELECT Department, COUNT(Id) howMany FROM User WHERE Department = '${org.department}' GROUP BY Department`,
    );
    assert.deepEqual(records.map(({ attributes, ...rest }) => ({ type: attributes.type, ...rest })), [
      { type: 'AggregateResult', Department: org.department, howMany: org.departmentSize },
    ]);
  },
  queryAll: async () => {
    const all = await conn.query(paging, { scanAll: true, autoFetch: true, maxFetch: 1000 });
    assert.equal(all.records.length, org.departmentSize);
  },
  'changes since a time': async () => {
    const id = await create('jsforce-updated');
    const now = Date.now();
    const { ids, latestDateCovered } = await users.updated(new Date(now - 3600_000), new Date(now + 60_000));
    assert.ok(ids.includes(id), JSON.stringify(ids));
    assert.ok(latestDateCovered);
  },
  composite: async () => {
    const base = `/services/data/v${conn.version}`;
    const { compositeResponse } = await conn.requestPost('/composite', {
      compositeRequest: [
        { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'user', body: newUser('jsforce-composite') },
        { method: 'PATCH', url: `${base}/sobjects/User/@{user.id}`, referenceId: 'title', body: { Title: 'CFO' } },
      ],
    });
    assert.deepEqual(compositeResponse.map((part) => part.httpStatusCode), [201, 204]);
    return compositeResponse[0].body.id;
  },
  'composite, all or none': async () => {
    const base = `/services/data/v${conn.version}`;
    const { compositeResponse } = await conn.requestPost('/composite', {
      allOrNone: true,
      compositeRequest: [
        { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'one', body: newUser('jsforce-undone') },
        { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'two', body: newUser('jsforce-create') },
      ],
    });
    assert.deepEqual(compositeResponse.map((part) => part.body[0].errorCode), ['PROCESSING_HALTED', 'DUPLICATE_USERNAME']);
  },
  'composite batch': async () => {
    const id = await create('jsforce-batch');
    const version = `v${conn.version}`;
    const { hasErrors, results } = await conn.requestPost('/composite/batch', {
      batchRequests: [
        { method: 'PATCH', url: `${version}/sobjects/User/${id}`, richInput: { Title: 'CFO' } },
        { method: 'GET', url: `${version}/sobjects/User/${id}?fields=Title` },
        { method: 'GET', url: `${version}/sobjects/User/${org.unknownId}` },
      ],
    });
    assert.equal(hasErrors, true);
    assert.deepEqual(results.map((part) => part.statusCode), [204, 200, 404]);
    assert.equal(results[1].result.Title, 'CFO');
    return id;
  },
  'assign a permission set': async () => {
    const id = await create('jsforce-assign');
    const made = await assignments.create({ AssigneeId: id, PermissionSetId: org.permissionSet });
    assert.equal(made.success, true);
    return id;
  },
  'assign it twice': async () => {
    const id = await create('jsforce-twice');
    const record = { AssigneeId: id, PermissionSetId: org.permissionSet };
    await assignments.create(record);
    await refused(assignments.create(record), 'DUPLICATE_VALUE');
  },
  'take a permission set away': async () => {
    const id = await create('jsforce-unassign');
    await assignments.create({ AssigneeId: id, PermissionSetId: org.permissionSet });
    const found = await assignments.find({ AssigneeId: id, PermissionSetId: org.permissionSet }, ['Id', 'PermissionSet.Label']);
    assert.deepEqual(found.map((record) => record.PermissionSet.Label), [org.permissionSetLabel]);
    assert.equal((await assignments.destroy(found[0].Id)).success, true);
    return id;
  },
  'add to a group': async () => {
    const id = await create('jsforce-group');
    assert.equal((await conn.sobject('GroupMember').create({ GroupId: org.group, UserOrGroupId: id })).success, true);
    return id;
  },
  'take out of a group': async () => {
    const id = await create('jsforce-ungroup');
    const { id: member } = await conn.sobject('GroupMember').create({ GroupId: org.group, UserOrGroupId: id });
    await conn.sobject('GroupMember').destroy(member);
    return id;
  },
  describe: async () => {
    const { fields, keyPrefix, createable } = await users.describe();
    assert.equal(keyPrefix, '005');
    assert.equal(createable, true);
    const field = Object.fromEntries(fields.map((one) => [one.name, one]));
    assert.deepEqual([field.Username.type, field.Username.length, field.Username.nillable], ['string', 80, false]);
    assert.deepEqual([field.ProfileId.referenceTo, field.ProfileId.relationshipName], [['Profile'], 'Profile']);
    assert.ok(field.TimeZoneSidKey.picklistValues.length > 0);
  },
  'describe all objects': async () => {
    const { sobjects } = await conn.describeGlobal();
    const names = sobjects.map((one) => one.name);
    for (const name of ['User', 'UserLogin', 'Profile', 'PermissionSetAssignment', 'GroupMember']) assert.ok(names.includes(name), name);
  },
  limits: async () => {
    const { DailyApiRequests } = await conn.request('/limits');
    assert.ok(DailyApiRequests.Max >= DailyApiRequests.Remaining);
    assert.ok(conn.limitInfo.apiUsage.limit > 0);
  },
  versions: async () => {
    const versions = await conn.request('/services/data');
    assert.ok(versions.some((one) => one.version === '66.0'));
  },
  'refusal: duplicate username': async () => {
    const err = await refused(users.create(newUser('jsforce-create')), 'DUPLICATE_USERNAME');
    assert.match(err.message, /^Duplicate Username/);
  },
  'refusal: missing field': async () => {
    const { LastName, ...rest } = newUser('jsforce-missing');
    const err = await refused(users.create(rest), 'REQUIRED_FIELD_MISSING');
    assert.match(err.message, /LastName/);
  },
  'refusal: unknown field': async () => {
    await refused(users.create(newUser('jsforce-unknown', { Nickname: 'x' })), 'INVALID_FIELD');
  },
  'refusal: unknown ID': async () => {
    await refused(users.retrieve(org.unknownId), 'NOT_FOUND');
  },
  'refusal: malformed query': async () => {
    await refused(conn.query('SELECT FROM User WHERE'), 'MALFORMED_QUERY');
  },
  'refusal: expired session, and a new one': async () => {
    let renewals = 0;
    const stale = new jsforce.Connection({
      instanceUrl: org.url,
      accessToken: '00D000000000000!stale',
      refreshFn: (_, done) => {
        renewals += 1;
        done(null, conn.accessToken);
      },
    });
    assert.equal((await stale.query('SELECT Id FROM User LIMIT 1')).records.length, 1);
    assert.equal(renewals, 1);
  },
  'refusal: what sfprovtest has not got': async () => {
    const err = await refused(conn.request('/parameterizedSearch?q=jones'), 'NOT_IMPLEMENTED');
    assert.match(err.message, /sfprovtest/);
  },
});
