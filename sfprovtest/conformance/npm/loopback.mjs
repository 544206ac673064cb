// Nothing leaves this machine, whatever a client takes for its login server.
import dns from 'node:dns';
import { isIP } from 'node:net';

const lookup = dns.lookup;
dns.lookup = (host, options, done = options) =>
  isIP(host) ? lookup(host, options, done) : done(new Error(`${host} is not the org under test`));
for (const symbol of Object.getOwnPropertySymbols(lookup)) dns.lookup[symbol] = lookup[symbol]; // how it is promisified
