// Package sfprovriver makes provisioning with sfprov survive: events are stored in the
// caller's own transaction, worked on until they are done or a person must look at them, and
// kept as an audit trail. It runs on River (github.com/riverqueue/river), in one process on a
// SQLite file or on many machines with Postgres; the code is the same.
//
// An event says that something has changed about a user, and no more. Whoever works on it
// reads the user at the [sfprov.Source], as a [sfprov.Follower] does, so that late, doubled
// and reordered events do no harm, and no personal data is stored. Events of one user are
// worked on one after the other; those that wait are merged; those of many users share API
// calls.
//
//	db, err := sfprovriver.OpenSQLite("queue.db") // or OpenPostgres(url)
//	queue, err := sfprovriver.New(ctx, db, sfprovriver.SQLite)
//	err = queue.Enqueue(ctx, tx, sfprovriver.Event{ID: delivery, User: "4711"}) // where users change
//	err = queue.Run(ctx, provisioner, source)                                   // where the work is done
//
// # The database
//
// Postgres is of version 14 or newer, its role may create tables, and a connection pooler in
// front of it is one in session mode, or keeps prepared statements off. The tables are River's
// (river_job, river_queue, river_leader, river_client and so on) and sfprov_event,
// sfprov_migration. SQLite is in the process; see [OpenSQLite] for its settings. Whoever opens
// the database otherwise needs the same ones.
//
// Other programs that run River in the same schema throw away jobs whose kind they don't know
// when they rescue them. Events are not lost by that, since a sweep makes new jobs; better is
// a schema of its own.
//
// riverui shows the jobs: give its endpoints the client that [Queue.River] returns.
package sfprovriver
