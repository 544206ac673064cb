package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// usersCommand lists the org's users.
func usersCommand() *cli.Command {
	return &cli.Command{
		Name:         "users",
		Usage:        "list the org's users, as CSV, or with --json as a line of JSON for each",
		ArgValidator: checkArguments,
		Flags: append(connectFlags(),
			&cli.StringSliceFlag{Name: "field", Usage: "a `FIELD` of User to list, too; can be repeated"},
			&cli.StringFlag{Name: "suffix", Usage: "only usernames that end in `TEXT`"},
			&cli.BoolFlag{Name: "active", Usage: "only who is active"},
		),
		Action: func(ctx context.Context, cmd *cli.Command) error { return listUsers(ctx, cmd) },
	}
}

func listUsers(ctx context.Context, cmd *cli.Command) error {
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	fields := cmd.StringSlice("field")
	query := sfprov.UserQuery{UsernameSuffix: cmd.String("suffix"), ActiveOnly: cmd.Bool("active"), Fields: fields}
	tell, end := userLines(cmd, fields)
	n := 0
	for account, err := range p.Users(ctx, query) {
		if err == nil {
			err = tell(account)
		}
		if err != nil {
			return errors.Join(err, end()) // who is listed already is told
		}
		n++
	}
	progress(cmd, "%d users", n)
	return end()
}

// userLines writes a line for each user.
func userLines(cmd *cli.Command, fields []string) (tell func(sfprov.Account) error, end func() error) {
	out := cmd.Root().Writer
	if cmd.Bool("json") {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return func(a sfprov.Account) error { return encoder.Encode(a) }, func() error { return nil }
	}
	lines := csv.NewWriter(out)
	_ = lines.Write(append([]string{"Id", "Username", "IsActive", "IsFrozen"}, fields...)) // the writer keeps its first error
	tell = func(a sfprov.Account) error {
		row := []string{a.ID, a.Username, fmt.Sprint(a.Active), fmt.Sprint(a.Frozen)}
		for _, field := range fields {
			row = append(row, cellOf(a.Fields, field))
		}
		return lines.Write(row)
	}
	return tell, func() error { lines.Flush(); return lines.Error() }
}

// cellOf is the value of a field, whose name may be spelt otherwise.
func cellOf(fields sfprov.Fields, name string) string {
	for field, value := range fields {
		if strings.EqualFold(field, name) && value != nil {
			return fmt.Sprint(value)
		}
	}
	return ""
}
