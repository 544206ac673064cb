package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"github.com/sfprov/sfprov"
)

// meter shows on standard error how far a run is: by a bar on a terminal, by lines
// elsewhere.
func meter(cmd *cli.Command, total int) (show func(sfprov.Progress), every time.Duration) {
	file, isFile := cmd.Root().ErrWriter.(*os.File)
	if isFile && term.IsTerminal(int(file.Fd())) {
		bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionEnableColorCodes(os.Getenv("NO_COLOR") == ""))
		return func(p sfprov.Progress) { _ = bar.Set(p.Done) }, 100 * time.Millisecond // a bar that can't be drawn is no failure
	}
	return func(p sfprov.Progress) {
		progress(cmd, "%d of %d, %.0f a second, %d API calls, %v left", p.Done, p.Total, p.Rate, p.APICalls, p.Left.Round(time.Second))
	}, 10 * time.Second
}
