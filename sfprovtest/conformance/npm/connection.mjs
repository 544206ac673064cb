// What a Connection of jsforce does. @salesforce/core has one too, of a jsforce of
// its own.
import assert from 'node:assert/strict';
import { checkRelationships, newUser, org, paging, refused, relationships } from './cells.mjs';

const succeeded = (results) => results.map((result) => result.success);
const codes = (results) => results.map(({ errors: [first] }) => first.statusCode ?? first.errorCode);

/** The operations of a connection that is logged in. The name keeps usernames apart. */
export function operations(name, conn) {
  const users = conn.sobject('User');
  const assignments = conn.sobject('PermissionSetAssignment');

  async function create(what, more) {
    const made = await users.create(newUser(what, more));
    assert.equal(made.success, true);
    return made.id;
  }

  return {
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
    'create a user': () => create(`${name}-create`, { Department: 'Sales' }),
    'read a user': async () => {
      const record = await users.retrieve(await create(`${name}-read`));
      assert.equal(record.Username, `${name}-read@${org.domain}`);
      assert.equal(record.attributes.type, 'User');
      assert.equal(record.IsActive, true);
    },
    'update a user': async () => {
      const id = await create(`${name}-update`, { Department: 'Sales' });
      const result = await users.update({ Id: id, Title: 'CFO', Department: null });
      assert.deepEqual(result, { id, success: true, errors: [] });
      return id;
    },
    'deactivate a user': async () => {
      const id = await create(`${name}-deactivate`);
      await users.update({ Id: id, IsActive: false });
      return id;
    },
    'freeze a user': async () => {
      const id = await create(`${name}-freeze`);
      const login = await conn.sobject('UserLogin').findOne({ UserId: id }, ['Id', 'IsFrozen']);
      assert.equal(login.IsFrozen, false);
      await conn.sobject('UserLogin').update({ Id: login.Id, IsFrozen: true });
      return id;
    },
    'set a password': async () => {
      const id = await create(`${name}-password`);
      await conn.requestPost(`/sobjects/User/${id}/password`, { NewPassword: org.newPassword });
      assert.equal((await conn.request(`/sobjects/User/${id}/password`)).isExpired, false);
      return id;
    },
    'reset a password': async () => {
      const id = await create(`${name}-reset`);
      const { NewPassword } = await conn.requestDelete(`/sobjects/User/${id}/password`);
      assert.ok(NewPassword);
      return id;
    },
    'create many': async () => {
      const results = await users.create([newUser(`${name}-many-1`), newUser(`${name}-many-2`), newUser(`${name}-many-1`)]);
      assert.deepEqual(succeeded(results), [true, true, false]);
      assert.deepEqual(codes(results.slice(2)), ['DUPLICATE_USERNAME']);
    },
    'update many': async () => {
      const ids = [await create(`${name}-update-1`), await create(`${name}-update-2`), org.unknownId];
      const results = await users.update(ids.map((Id) => ({ Id, Title: 'CFO' })));
      assert.deepEqual(succeeded(results), [true, true, false]);
      return ids.slice(0, 2);
    },
    'create many, all or none': async () => {
      const results = await users.create([newUser(`${name}-none`), newUser(`${name}-create`)], { allOrNone: true });
      assert.deepEqual(succeeded(results), [false, false]);
      assert.deepEqual(codes(results), ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'DUPLICATE_USERNAME']);
    },
    'retrieve many': async () => {
      const ids = [await create(`${name}-retrieve`), org.unknownId];
      const [found, missing] = await users.retrieve(ids, { fields: ['Id', 'Username'] });
      assert.equal(found.Username, `${name}-retrieve@${org.domain}`);
      assert.equal(missing, null);
    },
    'upsert by FederationIdentifier': async () => {
      const record = newUser(`${name}-federated`, { FederationIdentifier: `${name}-F1` });
      const made = await users.upsert(record, 'FederationIdentifier');
      assert.equal(made.success, true);
      assert.equal(made.created, true);
      const changed = await users.upsert({ FederationIdentifier: `${name}-F1`, Title: 'CFO' }, 'FederationIdentifier');
      assert.equal(changed.success, true);
      return made.id;
    },
    'upsert by Username': async () => {
      const made = await users.upsert(newUser(`${name}-upsert`), 'Username');
      assert.equal(made.created, true);
      await users.upsert({ Username: `${name}-upsert@${org.domain}`, Title: 'CFO' }, 'Username');
      return made.id;
    },
    'upsert by Id': async () => {
      const id = await create(`${name}-by-id`);
      assert.equal((await users.upsert({ Id: id, Title: 'CFO' }, 'Id')).success, true);
      return id;
    },
    'upsert many': async () => {
      const field = 'FederationIdentifier';
      const record = (n) => newUser(`${name}-upsert-${n}`, { [field]: `${name}-M${n}` });
      await users.upsert(record(1), field);
      const results = await users.upsert([{ ...record(1), Title: 'CFO' }, { ...record(2), Title: 'CFO' }], field);
      assert.deepEqual(succeeded(results), [true, true]);
      assert.deepEqual(results.map((result) => result.created), [false, true]);
      return results.map((result) => result.id);
    },
    query: async () => {
      const id = await create(`${name}-query`, { Department: "O'Neil's" });
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
      const id = await create(`${name}-updated`);
      const now = Date.now();
      const { ids, latestDateCovered } = await users.updated(new Date(now - 3600_000), new Date(now + 60_000));
      assert.ok(ids.includes(id), JSON.stringify(ids));
      assert.ok(latestDateCovered);
    },
    composite: async () => {
      const base = `/services/data/v${conn.version}`;
      const { compositeResponse } = await conn.requestPost('/composite', {
        compositeRequest: [
          { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'user', body: newUser(`${name}-composite`) },
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
          { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'one', body: newUser(`${name}-undone`) },
          { method: 'POST', url: `${base}/sobjects/User`, referenceId: 'two', body: newUser(`${name}-create`) },
        ],
      });
      assert.deepEqual(compositeResponse.map((part) => part.body[0].errorCode), ['PROCESSING_HALTED', 'DUPLICATE_USERNAME']);
    },
    'composite batch': async () => {
      const id = await create(`${name}-batch`);
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
      const id = await create(`${name}-assign`);
      const made = await assignments.create({ AssigneeId: id, PermissionSetId: org.permissionSet });
      assert.equal(made.success, true);
      return id;
    },
    'assign it twice': async () => {
      const id = await create(`${name}-twice`);
      const record = { AssigneeId: id, PermissionSetId: org.permissionSet };
      await assignments.create(record);
      await refused(assignments.create(record), 'DUPLICATE_VALUE');
    },
    'take a permission set away': async () => {
      const id = await create(`${name}-unassign`);
      await assignments.create({ AssigneeId: id, PermissionSetId: org.permissionSet });
      const found = await assignments.find({ AssigneeId: id, PermissionSetId: org.permissionSet }, ['Id', 'PermissionSet.Label']);
      assert.deepEqual(found.map((record) => record.PermissionSet.Label), [org.permissionSetLabel]);
      assert.equal((await assignments.destroy(found[0].Id)).success, true);
      return id;
    },
    'add to a group': async () => {
      const id = await create(`${name}-group`);
      assert.equal((await conn.sobject('GroupMember').create({ GroupId: org.group, UserOrGroupId: id })).success, true);
      return id;
    },
    'take out of a group': async () => {
      const id = await create(`${name}-ungroup`);
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
      const err = await refused(users.create(newUser(`${name}-create`)), 'DUPLICATE_USERNAME');
      assert.match(err.message, /^Duplicate Username/);
    },
    'refusal: missing field': async () => {
      const { LastName, ...rest } = newUser(`${name}-missing`);
      const err = await refused(users.create(rest), 'REQUIRED_FIELD_MISSING');
      assert.match(err.message, /LastName/);
    },
    'refusal: unknown field': async () => {
      await refused(users.create(newUser(`${name}-unknown`, { Nickname: 'x' })), 'INVALID_FIELD');
    },
    'refusal: unknown ID': async () => {
      await refused(users.retrieve(org.unknownId), 'NOT_FOUND');
    },
    'refusal: malformed query': async () => {
      await refused(conn.query('SELECT FROM User WHERE'), 'MALFORMED_QUERY');
    },
    'refusal: what sfprovtest has not got': async () => {
      const err = await refused(conn.request('/parameterizedSearch?q=jones'), 'NOT_IMPLEMENTED');
      assert.match(err.message, /sfprovtest/);
    },
  };
}
