module github.com/sfprov/sfprov/sfprovtest/conformance

go 1.26.0

replace github.com/sfprov/sfprov => ../..

require (
	github.com/k-capehart/go-salesforce/v3 v3.1.0
	github.com/sfprov/sfprov v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	golang.org/x/oauth2 v0.37.0
)
