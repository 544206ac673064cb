package sfprovriver_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovriver"
	"github.com/sfprov/sfprov/sfprovtest"
)

// people is a Source: here a map, elsewhere the identity service's own store.
type people map[string]sfprov.User

func (p people) User(_ context.Context, id string) (sfprov.User, error) {
	u, found := p[id]
	if !found {
		return sfprov.User{}, sfprov.ErrGone
	}
	return u, nil
}

func (p people) Users(context.Context) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		for _, u := range p {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// An event is stored together with the change that it tells of, and worked on until it is
// done.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	org, err := sfprovtest.NewStandaloneOrg()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer org.Close()
	cfg := org.Config()
	cfg.ProvisioningDomain, cfg.MatchField = "acme.com", "FederationIdentifier"
	provisioner, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	db, err := sfprovriver.OpenSQLite(filepath.Join(dir, "queue.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	queue, err := sfprovriver.New(ctx, db, sfprovriver.SQLite)
	if err != nil {
		fmt.Println(err)
		return
	}

	// Where the identity service changes a user:
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// ... the service's own change of its user, in the same transaction ...
	if err := queue.Enqueue(ctx, tx, sfprovriver.Event{ID: "delivery-1", User: "4711"}); err != nil {
		_ = tx.Rollback()
		fmt.Println(err)
		return
	}
	if err := tx.Commit(); err != nil {
		fmt.Println(err)
		return
	}

	// In the process that does the work:
	source := people{"4711": {Username: "alice", Fields: sfprov.Fields{"LastName": "Jones", "Email": "alice@acme.com"}}}
	err = queue.Run(ctx, provisioner, source, sfprovriver.WithEnded(func(r sfprovriver.Record) {
		fmt.Println(r.ID, r.State, r.Result.Action, r.Result.Username)
		stop() // elsewhere it runs as long as the process does
	}))
	fmt.Println(err)
	// Output:
	// delivery-1 done created alice@acme.com
	// <nil>
}
