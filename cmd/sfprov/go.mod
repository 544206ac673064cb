module github.com/sfprov/sfprov/cmd/sfprov

go 1.26.0

replace github.com/sfprov/sfprov => ../..

require (
	github.com/schollz/progressbar/v3 v3.19.1
	github.com/sfprov/sfprov v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	github.com/urfave/cli/v3 v3.14.0
	golang.org/x/term v0.44.0
)

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.43.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
)
