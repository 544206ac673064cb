package sfprovriver_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov/sfprovriver"
)

// postgresURL names the environment variable for a Postgres server whose role may make
// databases. Without it, the tests start one, if Postgres is installed.
const postgresURL = "SFPROV_POSTGRES_URL"

// server is a Postgres that the tests started.
type server struct {
	dir, bin, port string
	as             *syscall.SysProcAttr
	cmd            *exec.Cmd
}

var shared = sync.OnceValues(func() (*server, error) { return startPostgres() })

func TestMain(m *testing.M) {
	if isChild() {
		os.Exit(child())
	}
	code := m.Run()
	if started.Load() {
		if s, err := shared(); err == nil {
			s.stop()
			_ = os.RemoveAll(s.dir)
		}
	}
	os.Exit(code)
}

var started atomic.Bool

// newDatabase makes an empty database on the shared server, or skips the test where there is
// no Postgres.
func newDatabase(t *testing.T) (address string) {
	t.Helper()
	base := os.Getenv(postgresURL)
	if base == "" {
		if binaries() == "" {
			t.Skip("Postgres is not installed, and " + postgresURL + " is not set")
		}
		started.Store(true)
		s, err := shared()
		require.NoError(t, err)
		base = s.url()
	}
	return databaseAt(t, base)
}

var databases atomic.Int64

func databaseAt(t *testing.T, base string) string {
	t.Helper()
	db, err := sfprovriver.OpenPostgres(base)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	name := fmt.Sprintf("sfprov_%d_%d", os.Getpid(), databases.Add(1))
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	u, err := url.Parse(base)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// binaries is the folder with initdb and postgres; empty if there is none.
func binaries() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// startPostgres makes a server with default settings, in a folder of its own.
func startPostgres() (*server, error) {
	dir, err := os.MkdirTemp("", "sfprovriver")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, bin: binaries()}
	if os.Getuid() == 0 { // Postgres does not run as root
		if s.as, err = unprivileged(dir); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	if out, err := s.command(context.Background(), "initdb", "-D", filepath.Join(dir, "data"), "-U", "sfprov", "--auth=trust").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s, s.start()
}

func (s *server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.as
	return cmd
}

// start starts the server, and waits until it answers.
func (s *server) start() error {
	s.cmd = s.command(context.Background(), "postgres", "-D", filepath.Join(s.dir, "data"), "-p", s.port, "-h", "127.0.0.1", "-k", s.dir)
	var log bytes.Buffer
	s.cmd.Stderr = &log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	db, err := sql.Open("pgx", s.url())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only asked
	for tries := 0; ; tries++ {
		if err = db.PingContext(context.Background()); err == nil || tries == 100 {
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("postgres does not answer: %w: %s", err, log.String())
	}
	return nil
}

// stop ends the server at once, as a crash does.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait()
}

func (s *server) url() string {
	return "postgres://sfprov@127.0.0.1:" + s.port + "/postgres?sslmode=disable"
}
