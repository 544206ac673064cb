package sfprov

import (
	"runtime/debug"
	"strings"
	"sync"
)

const modulePath = "github.com/sfprov/sfprov"

// userAgent is what requests and logins call themselves.
var userAgent = sync.OnceValue(func() string { //nolint:gochecknoglobals // a constant, once it is computed
	info, _ := debug.ReadBuildInfo()
	return "sfprov/" + versionIn(info)
})

// versionIn is the version of this module in a program; "devel" if the program was
// built from a working copy, or doesn't tell.
func versionIn(info *debug.BuildInfo) string {
	if info == nil {
		return "devel"
	}
	for _, module := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if module.Path != modulePath {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		if version := strings.Trim(module.Version, "()"); version != "" {
			return version
		}
	}
	return "devel"
}
