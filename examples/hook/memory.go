package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/sfprov/sfprov"
)

// memory remembers the creates of users without a match value: nothing in Salesforce
// shows whose their accounts are, if the answer is lost on its way here, or from here to
// the caller. It outlives the process, in a folder with a file for each user. A file has
// the user's name and address; nobody else should read the folder. Services that run
// several processes need one memory for all, such as a table of their database.
type memory struct{ root *os.Root }

// trace is what is known of a create.
type trace struct {
	ID   string                   `json:"id,omitempty"`   // of the account; until the caller sends it
	Lost *sfprov.UnconfirmedError `json:"lost,omitempty"` // it is not known whether there is one
}

// errMemory says that the folder must be mended, whoever the user is.
var errMemory = errors.New("the memory in STATE_DIR")

func openMemory(dir string) (*memory, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("STATE_DIR: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("STATE_DIR: %w", err)
	}
	return &memory{root: root}, nil
}

func (m *memory) close() { _ = m.root.Close() } // nothing is buffered

// file is the name of a user's file: usernames may hold what file names must not.
func file(username string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(username)))
	return hex.EncodeToString(sum[:]) + ".json"
}

// recall is what is known of a username's create; nothing, if it is zero.
func (m *memory) recall(username string) (trace, error) {
	var t trace
	text, err := m.root.ReadFile(file(username))
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil {
		return t, fmt.Errorf("%w of %q can't be read: %w", errMemory, username, err)
	}
	return t, nil
}

// keep remembers, so that a crash leaves the old trace or the new one.
func (m *memory) keep(username string, t trace) (err error) {
	name := file(username)
	draft, err := m.root.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(json.NewEncoder(draft).Encode(t), draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	return m.root.Rename(name+".new", name)
}

func (m *memory) forget(username string) error {
	err := m.root.Remove(file(username))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
