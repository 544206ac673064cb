module github.com/sfprov/sfprov/cmd/sfprov

go 1.26.0

replace github.com/sfprov/sfprov => ../..

require (
	github.com/stretchr/testify v1.12.1
	github.com/urfave/cli/v3 v3.14.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
