// jsforce: https://jsforce.github.io
import assert from 'node:assert/strict';
import jsforce from 'jsforce';
import { assertion, jwtBearer, org, refused, run } from './cells.mjs';
import { operations } from './connection.mjs';

const oauth2 = { loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret };

async function login(params = { grant_type: 'client_credentials' }) {
  const conn = new jsforce.Connection({ oauth2 });
  const info = await conn.authorize(params);
  assert.equal(info.id, org.userId);
  assert.equal(conn.instanceUrl, org.url);
  return conn;
}

const conn = await login();

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
  'revoke a token': async () => {
    const leaving = await login();
    const token = leaving.accessToken;
    await leaving.logout();
    const after = new jsforce.Connection({ instanceUrl: org.url, accessToken: token });
    await refused(after.query('SELECT Id FROM User'), 'INVALID_SESSION_ID');
  },
  ...operations('jsforce', conn),
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
});
