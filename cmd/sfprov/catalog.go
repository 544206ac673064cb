package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// catalogKinds are the kinds by the words that a command line takes.
var catalogKinds = []struct { //nolint:gochecknoglobals // a constant table
	word string
	kind sfprov.CatalogKind
}{
	{"profiles", sfprov.CatalogProfile},
	{"roles", sfprov.CatalogRole},
	{"permission-sets", sfprov.CatalogPermissionSet},
	{"permission-set-groups", sfprov.CatalogPermissionSetGroup},
	{"permission-set-licenses", sfprov.CatalogPermissionSetLicense},
	{"licenses", sfprov.CatalogUserLicense},
	{"groups", sfprov.CatalogPublicGroup},
	{"queues", sfprov.CatalogQueue},
}

// catalogCommand lists what users can be given.
func catalogCommand() *cli.Command {
	var words []string
	for _, one := range catalogKinds {
		words = append(words, one.word)
	}
	return &cli.Command{
		Name:        "catalog",
		Usage:       "list what the org's users can be given, with the seats that are left",
		ArgsUsage:   "[KIND...]",
		Description: "Kinds: " + strings.Join(words, ", ") + ". Without one, all.",
		Flags:       connectFlags(),
		Action:      func(ctx context.Context, cmd *cli.Command) error { return listCatalog(ctx, cmd) },
	}
}

func listCatalog(ctx context.Context, cmd *cli.Command) error {
	var kinds []sfprov.CatalogKind
	for _, word := range cmd.Args().Slice() {
		found := false
		for _, one := range catalogKinds {
			if one.word == word {
				kinds, found = append(kinds, one.kind), true
			}
		}
		if !found {
			return usagef("the catalog has no kind %q; sfprov catalog --help lists them", word)
		}
	}
	if len(kinds) == 0 {
		for _, one := range catalogKinds {
			kinds = append(kinds, one.kind)
		}
	}
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	entries := []sfprov.CatalogEntry{}
	for _, kind := range kinds {
		for entry, err := range p.Catalog(ctx, kind) {
			if err != nil {
				return err
			}
			entries = append(entries, entry)
		}
	}
	return output(cmd, entries, func(w io.Writer) error {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "KIND\tLABEL\tNAME\tID\tLICENSE\tSEATS LEFT") // Flush tells of an error
		for _, e := range entries {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Kind, plain(e.Label), plain(e.Name), e.ID, plain(e.License), seatsLeft(e.Seats))
		}
		return table.Flush()
	})
}

func seatsLeft(seats *sfprov.Seats) string {
	switch {
	case seats == nil:
		return ""
	case seats.Free() < 0:
		return "any number"
	}
	return fmt.Sprintf("%d of %d", seats.Free(), seats.Total)
}

// schemaCommand lists the fields of users.
func schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "list the fields of the org's users, or tell all of some",
		ArgsUsage: "[FIELD...]",
		Flags:     connectFlags(),
		Action:    func(ctx context.Context, cmd *cli.Command) error { return showSchema(ctx, cmd) },
	}
}

func showSchema(ctx context.Context, cmd *cli.Command) error {
	p, err := connect(cmd)
	if err != nil {
		return err
	}
	schema, err := p.Schema(ctx)
	if err != nil {
		return err
	}
	fields := schema.Fields
	if names := cmd.Args().Slice(); len(names) > 0 {
		fields = []sfprov.SchemaField{}
		for _, name := range names {
			field, found := schema.Field(name)
			if !found {
				return fmt.Errorf("users of this org have no field %s, or the integration user may not see it", name)
			}
			fields = append(fields, field)
		}
	}
	return output(cmd, fields, func(w io.Writer) error {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "NAME\tLABEL\tTYPE\tWHAT") // Flush tells of an error
		for _, f := range fields {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.Name, plain(f.Label), plain(f.Type), aboutField(f, len(fields) < len(schema.Fields)))
		}
		return table.Flush()
	})
}

// aboutField is what there is to say of a field in a line.
func aboutField(f sfprov.SchemaField, whole bool) string {
	var about []string
	add := func(is bool, format string, args ...any) {
		if is {
			about = append(about, fmt.Sprintf(format, args...))
		}
	}
	add(f.Length > 0 && f.Type != "boolean" && f.Type != "reference", "%d characters", f.Length)
	add(f.Digits > 0, "%d digits, %d after the point", f.Digits, f.Scale)
	add(f.Required, "required")
	add(f.Unique, "unique")
	add(!f.Createable && !f.Updateable, "read only")
	add(len(f.References) > 0, "refers to %s", plain(strings.Join(f.References, ", ")))
	var values []string
	for _, value := range f.Values {
		if value.Active {
			values = append(values, plain(value.Value))
		}
	}
	add(whole && len(values) > 0, "values: %s", strings.Join(values, ", "))
	add(!whole && len(values) > 0, "%d values", len(values))
	return strings.Join(about, "; ")
}

// plain is a foreign text without what could do something to a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, text)
}
