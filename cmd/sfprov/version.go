package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v3"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "tell which version this is",
		Action: func(_ context.Context, cmd *cli.Command) error {
			version := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
			}{buildVersion(), runtime.Version()}
			return output(cmd, version, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "sfprov %s, made with %s\n", version.Version, version.Go)
				return err
			})
		},
	}
}

// buildVersion is what the build knows of its version: that of the module, or the
// commit that it was built from.
func buildVersion() string {
	info, known := debug.ReadBuildInfo()
	if !known {
		return "unknown"
	}
	if version := info.Main.Version; version != "" && version != "(devel)" {
		return version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return "unknown"
}
