// nforce: https://github.com/kevinohara80/nforce
import assert from 'node:assert/strict';
import nforce from 'nforce';
import { checkRelationships, newUser, org, paging, refused, relationships, run } from './cells.mjs';

const settings = {
  clientId: org.clientId,
  clientSecret: org.clientSecret,
  redirectUri: `${org.url}/callback`,
  loginUri: `${org.url}/services/oauth2/token`,
  apiVersion: '66.0',
  mode: 'single',
};

const sf = nforce.createConnection(settings);
await sf.authenticate({ username: org.username, password: org.password });

// What a record holds is under names in lower case.
const record = (fields, type = 'User') => nforce.createSObject(type, fields);

async function create(name, more) {
  const made = await sf.insert({ sobject: record(newUser(name, more)) });
  assert.equal(made.success, true);
  return made.id;
}

// The external ID is a part of the URL, not of the body.
function external(field, fields) {
  const { [field]: value, ...rest } = fields;
  const one = record(rest);
  one.setExternalId(field, value);
  return one;
}

const insert = (type, fields) => sf.insert({ sobject: record(fields, type) });
const assign = (id) => insert('PermissionSetAssignment', { AssigneeId: id, PermissionSetId: org.permissionSet });

await run('nforce', {
  'login: password': async () => {
    const other = nforce.createConnection(settings);
    const token = await other.authenticate({ username: org.username, password: org.password.slice(0, -5), securityToken: org.password.slice(-5) });
    assert.equal(token.instance_url, org.url);
  },
  'login: token from elsewhere': async () => {
    const other = nforce.createConnection({ ...settings, mode: 'multi' });
    const oauth = { access_token: sf.oauth.access_token, instance_url: org.url };
    assert.equal((await other.query({ query: 'SELECT Id FROM User LIMIT 1', oauth })).records.length, 1);
  },
  userinfo: async () => {
    const info = await sf.getUrl({ url: '/services/oauth2/userinfo' });
    assert.equal(info.user_id, org.userId);
  },
  'identity URL': async () => {
    const identity = await sf.getIdentity({ oauth: sf.oauth });
    assert.equal(identity.user_id, org.userId);
    assert.equal(identity.username, org.username);
  },
  'create a user': () => create('nforce-create', { Department: 'Sales' }),
  'read a user': async () => {
    const found = await sf.getRecord({ type: 'User', id: await create('nforce-read'), fields: ['Username', 'IsActive'] });
    assert.equal(found.get('username'), `nforce-read@${org.domain}`);
    assert.equal(found.get('isactive'), true);
  },
  'update a user': async () => {
    const id = await create('nforce-update', { Department: 'Sales' });
    await sf.update({ sobject: record({ Id: id, Title: 'CFO', Department: null }) });
    return id;
  },
  'deactivate a user': async () => {
    const id = await create('nforce-deactivate');
    await sf.update({ sobject: record({ Id: id, IsActive: false }) });
    return id;
  },
  'freeze a user': async () => {
    const id = await create('nforce-freeze');
    const { records } = await sf.query({ query: `SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '${id}'` });
    records[0].set('IsFrozen', true);
    await sf.update({ sobject: records[0] });
    return id;
  },
  'set a password': async () => {
    const id = await create('nforce-password');
    await sf.updatePassword({ id, newPassword: org.newPassword });
    assert.equal((await sf.getPasswordStatus({ id })).isExpired, false);
    return id;
  },
  'reset a password': async () => {
    const id = await create('nforce-reset');
    const { NewPassword } = await sf._apiRequest({ oauth: sf.oauth, method: 'DELETE', resource: `/sobjects/User/${id}/password` });
    assert.ok(NewPassword);
    return id;
  },
  'create many': async () => {
    const records = ['nforce-many-1', 'nforce-many-2', 'nforce-many-1'].map((name) => ({ attributes: { type: 'User' }, ...newUser(name) }));
    const results = await sf.postUrl({ url: '/services/data/v66.0/composite/sobjects', body: { records } });
    assert.deepEqual(results.map((result) => result.success), [true, true, false]);
  },
  'upsert by FederationIdentifier': async () => {
    const made = await sf.upsert({ sobject: external('FederationIdentifier', newUser('nforce-federated', { FederationIdentifier: 'nforce-F1' })) });
    assert.equal(made.success, true);
    await sf.upsert({ sobject: external('FederationIdentifier', { FederationIdentifier: 'nforce-F1', Title: 'CFO' }) });
    return made.id;
  },
  'upsert by Username': async () => {
    const made = await sf.upsert({ sobject: external('Username', newUser('nforce-upsert')) });
    assert.equal(made.success, true);
    await sf.upsert({ sobject: external('Username', { Username: `nforce-upsert@${org.domain}`, Title: 'CFO' }) });
    return made.id;
  },
  query: async () => {
    const id = await create('nforce-query', { Department: 'Nforce' });
    const { records } = await sf.query({ query: "SELECT Id FROM User WHERE Department = 'Nforce' AND IsActive = TRUE" });
    assert.deepEqual(records.map((one) => one.getId()), [id]);
  },
  'query: several pages': async () => {
    const { records } = await sf.query({ query: paging, fetchAll: true });
    assert.equal(new Set(records.map((one) => one.getId())).size, org.departmentSize);
  },
  'query: relationships': async () => {
    const { records } = await sf.query({ query: relationships, raw: true });
    checkRelationships(records[0]);
  },
  'query: count': async () => {
    const { totalSize, records } = await sf.query({ query: `SELECT COUNT() FROM User WHERE Department = '${org.department}'` });
    assert.equal(totalSize, org.departmentSize);
    assert.deepEqual(records, []);
  },
  'query: COUNT with GROUP BY': async () => {
    const query = `SELECT Department, COUNT(Id) FROM User WHERE Department = '${org.department}' GROUP BY Department`;
    const { records } = await sf.query({ query, raw: true });
    assert.equal(records[0].expr0, org.departmentSize);
  },
  queryAll: async () => {
    const { records } = await sf.queryAll({ query: paging, fetchAll: true });
    assert.equal(records.length, org.departmentSize);
  },
  'assign a permission set': async () => {
    const id = await create('nforce-assign');
    assert.equal((await assign(id)).success, true);
    return id;
  },
  'assign it twice': async () => {
    const id = await create('nforce-twice');
    await assign(id);
    await refused(assign(id), 'DUPLICATE_VALUE');
  },
  'take a permission set away': async () => {
    const id = await create('nforce-unassign');
    await assign(id);
    const { records } = await sf.query({ query: `SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '${id}' AND PermissionSetId = '${org.permissionSet}'` });
    await sf.delete({ sobject: records[0] });
    return id;
  },
  'add to a group': async () => {
    const id = await create('nforce-group');
    await insert('GroupMember', { GroupId: org.group, UserOrGroupId: id });
    return id;
  },
  'take out of a group': async () => {
    const id = await create('nforce-ungroup');
    const { id: member } = await insert('GroupMember', { GroupId: org.group, UserOrGroupId: id });
    await sf.delete({ type: 'GroupMember', id: member });
    return id;
  },
  describe: async () => {
    const { fields } = await sf.getDescribe('User');
    assert.equal(fields.find((one) => one.name === 'Username').length, 80);
  },
  'describe all objects': async () => {
    const { sobjects } = await sf.getSObjects();
    assert.ok(sobjects.some((one) => one.name === 'User'));
  },
  limits: async () => {
    assert.ok((await sf.getLimits()).DailyApiRequests.Max > 0);
  },
  versions: async () => {
    const versions = await sf.getUrl({ url: '/services/data/' });
    assert.ok(versions.some((one) => one.version === '66.0'));
  },
  'refusal: duplicate username': () => refused(sf.insert({ sobject: record(newUser('nforce-create')) }), 'DUPLICATE_USERNAME').then(() => {}),
  'refusal: missing field': async () => {
    const { LastName, ...rest } = newUser('nforce-missing');
    await refused(sf.insert({ sobject: record(rest) }), 'REQUIRED_FIELD_MISSING');
  },
  'refusal: unknown field': () => refused(create('nforce-unknown', { Nickname: 'x' }), 'INVALID_FIELD').then(() => {}),
  'refusal: unknown ID': () => refused(sf.getRecord({ type: 'User', id: org.unknownId }), 'NOT_FOUND').then(() => {}),
  'refusal: malformed query': () => refused(sf.query({ query: 'SELECT FROM User WHERE' }), 'MALFORMED_QUERY').then(() => {}),
  'refusal: expired session, and a new one': async () => {
    let renewals = 0;
    const onRefresh = (oauth, old, done) => {
      renewals += 1;
      done();
    };
    const other = nforce.createConnection({ ...settings, autoRefresh: true, onRefresh });
    await other.authenticate({ username: org.username, password: org.password });
    other.oauth.access_token = '00D000000000000!stale';
    assert.equal((await other.query({ query: 'SELECT Id FROM User LIMIT 1' })).records.length, 1);
    assert.equal(renewals, 1);
  },
  'refusal: what sfprovtest has not got': async () => {
    const err = await refused(sf.getUrl({ url: '/services/data/v66.0/parameterizedSearch?q=jones' }), 'NOT_IMPLEMENTED');
    assert.match(err.message, /sfprovtest/);
  },
});
