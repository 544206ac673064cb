// Package probe asks an org a fixed list of harmless questions about what Salesforce
// doesn't document, and writes down what it answers: statuses, headers, keys, codes and
// texts, without secrets or personal data. [Compare] shows where two orgs differ.
package probe
