package sfprovriver

import (
	"database/sql"
	"fmt"
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of OpenPostgres
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the driver of OpenSQLite
)

// Database says which kind a *sql.DB is.
type Database string

// The kinds of databases.
const (
	SQLite   Database = "sqlite"
	Postgres Database = "postgres"
)

// OpenSQLite opens a file as a queue needs it, and makes it if it isn't there: write-ahead
// log, synchronous NORMAL, transactions that lock at once, ten seconds of patience with other
// processes, and one connection. The file is on a local disk: network file systems lose
// locks.
func OpenSQLite(path string) (*sql.DB, error) {
	query := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, fmt.Errorf("sfprovriver: opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// OpenPostgres opens a database by its URL, such as
// postgres://user:secret@host:5432/name?sslmode=verify-full. It needs Postgres 14 or newer,
// and a role that may create tables in the schema that comes first in its search path. The
// pool has twenty connections at most.
func OpenPostgres(address string) (*sql.DB, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, fmt.Errorf("sfprovriver: opening the Postgres database: %w", err)
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	return db, nil
}

// driver is River's for the kind.
func (d Database) driver(db *sql.DB) (riverdriver.Driver[*sql.Tx], error) {
	switch d {
	case SQLite:
		return riversqlite.New(db), nil
	case Postgres:
		return riverdatabasesql.New(db), nil
	}
	return nil, fmt.Errorf("sfprovriver: the database is %q, and it is one of SQLite and Postgres", string(d))
}
