module github.com/sfprov/sfprov/cmd/sfprov

go 1.26.0

replace github.com/sfprov/sfprov => ../..

require (
	github.com/sfprov/sfprov v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	github.com/urfave/cli/v3 v3.14.0
)

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.43.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
)
