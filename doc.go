// Package sfprov provisions users into Salesforce.
package sfprov
