package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sfprov/sfprov"
)

// newSource is the source that the flags name.
func newSource(cmd *cli.Command, matchField string, getenv func(string) string) (sfprov.Source, error) {
	mapping, err := loadMapping(cmd.String("mapping"))
	if err != nil {
		return nil, err
	}
	one, all := cmd.String("source"), cmd.String("source-list")
	if one == "" {
		return nil, errors.New("--source is missing: the URL of a user, with {id} in it, or a file of users")
	}
	if !strings.Contains(one, "://") {
		if all != "" {
			return nil, errors.New("--source-list is for a --source that is a URL; a file has all users")
		}
		return &fileSource{name: one, mapping: mapping, matchField: matchField}, nil
	}
	var problems []error
	for _, address := range []struct{ flag, value string }{{"source", one}, {"source-list", all}} {
		if u, err := url.Parse(address.value); address.value != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			problems = append(problems, fmt.Errorf("--%s is %q, which is no http or https URL", address.flag, address.value))
		}
	}
	if !strings.Contains(one, "{id}") {
		problems = append(problems, fmt.Errorf("--source is %q, and has no {id}, in whose place the user's identifier goes", one))
	}
	if all == "" && cmd.IsSet("reconcile") {
		problems = append(problems, errors.New("--reconcile needs --source-list, the URL of all users, or a --source that is a file"))
	}
	parse, known := sourceFormats[cmd.String("source-format")]
	if !known {
		problems = append(problems, fmt.Errorf("--source-format is %q, and it is one of flat and scim", cmd.String("source-format")))
	}
	token, err := secretOf(getenv, sourceTokenVariable)
	if problems = append(problems, err); errors.Join(problems...) != nil {
		return nil, errors.Join(problems...)
	}
	return &httpSource{one: one, all: all, token: token, parse: parse, mapping: mapping, matchField: matchField, client: &http.Client{
		Timeout: sourceTimeout,
		// The token goes to nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

const (
	// sourceTimeout bounds an answer of the source about one user.
	sourceTimeout = 10 * time.Second
	// maxSourceUser bounds a user of the source, in bytes.
	maxSourceUser = 1 << 20
)

// sourceFormats are how a source writes a user as JSON.
var sourceFormats = map[string]func([]byte) (person, error){ //nolint:gochecknoglobals // a constant table
	"flat": parseLine,
	"scim": func(text []byte) (person, error) {
		claims, err := sfprov.ParseSCIMUser(text)
		if err != nil {
			return person{}, err
		}
		p := person{claims: claims}
		if name := claims["userName"]; len(name) == 1 {
			p.username = name[0]
		}
		return p, nil
	},
}

// httpSource reads users over HTTP.
type httpSource struct {
	one, all, token string
	parse           func([]byte) (person, error)
	mapping         sfprov.Mapping
	matchField      string
	client          *http.Client

	// hasAnswered says that the source has told of a user whom it was asked for in the life
	// of this process, so that its address is right, and "not found" means the user.
	hasAnswered atomic.Bool
}

// User reads one user. A 404 is believed once the source has told of any user: a wrong
// address, or a proxy before it, answers everything with 404, and would have everybody
// deactivated.
func (s *httpSource) User(ctx context.Context, id string) (sfprov.User, error) {
	if strings.Trim(id, ".") == "" {
		return sfprov.User{}, &sfprov.ValidationError{Problems: []sfprov.FieldProblem{{Field: "user", Problem: fmt.Sprintf("is %q, which can be no part of a URL", id)}}}
	}
	status, body, err := s.get(ctx, addressOf(s.one, id))
	if err != nil {
		return sfprov.User{}, err
	}
	switch {
	case status == http.StatusGone, status == http.StatusNotFound && s.believes404(ctx):
		return sfprov.User{}, sfprov.ErrGone
	case status == http.StatusNotFound:
		return sfprov.User{}, errors.New("the source answered 404, and has not told of any user yet: nobody is deactivated until it has, since a wrong --source answers so, too")
	case status != http.StatusOK:
		return sfprov.User{}, fmt.Errorf("the source answered %d", status)
	}
	u, err := s.userIn(body)
	if match, _ := u.Fields[s.matchField].(string); err == nil && match == id {
		s.hasAnswered.Store(true)
	}
	return u, err
}

// addressOf is the template with the identifier.
func addressOf(template, id string) string {
	path, query, hasQuery := strings.Cut(template, "?")
	address := strings.ReplaceAll(path, "{id}", url.PathEscape(id))
	if hasQuery {
		address += "?" + strings.ReplaceAll(query, "{id}", url.QueryEscape(id))
	}
	return address
}

// believes404 reports whether --source is known to answer with users. If it is not, and there
// is a list, it is asked for the first of the list: that the list answers says nothing of it.
func (s *httpSource) believes404(ctx context.Context) bool {
	if s.hasAnswered.Load() || s.all == "" {
		return s.hasAnswered.Load()
	}
	for listed, err := range s.Users(ctx) {
		match, _ := listed.Fields[s.matchField].(string)
		if err != nil || match == "" {
			break
		}
		if status, body, err := s.get(ctx, addressOf(s.one, match)); err == nil && status == http.StatusOK {
			u, bad := s.userIn(body)
			if found, _ := u.Fields[s.matchField].(string); bad == nil && found == match {
				s.hasAnswered.Store(true)
			}
		}
		break
	}
	return s.hasAnswered.Load()
}

func (s *httpSource) userIn(text []byte) (sfprov.User, error) {
	p, err := s.parse(text)
	if err != nil {
		return sfprov.User{}, fmt.Errorf("the source: %w", err)
	}
	u, err := s.mapping.User(p.username, p.claims)
	if err != nil {
		return sfprov.User{}, fmt.Errorf("the source: %w", err)
	}
	return u, nil
}

// get reads an answer whole.
func (s *httpSource) get(ctx context.Context, address string) (status int, body []byte, err error) {
	answer, err := s.open(ctx, s.client, address)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }() // it was read, or is not worth it
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxSourceUser+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("the source: %w", err)
	case len(body) > maxSourceUser:
		return 0, nil, fmt.Errorf("the source: the answer is longer than %d bytes", maxSourceUser)
	}
	return answer.StatusCode, body, nil
}

func (s *httpSource) open(ctx context.Context, client *http.Client, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	request.Header.Set("Accept", "application/json, application/scim+json, application/x-ndjson")
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	return answer, nil
}

// Users reads all users: JSON Lines, or an array.
func (s *httpSource) Users(ctx context.Context) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		fail := func(err error) { yield(sfprov.User{}, err) }
		lasting := *s.client
		lasting.Timeout = 0 // a list may take its time; ctx bounds it
		answer, err := s.open(ctx, &lasting, s.all)
		if err != nil {
			fail(err)
			return
		}
		defer func() { _ = answer.Body.Close() }() // it was read, or is not worth it
		if answer.StatusCode != http.StatusOK {
			fail(fmt.Errorf("the source answered the question for all users with %d", answer.StatusCode))
			return
		}
		body := bufio.NewReader(withoutMark(answer.Body))
		decoder := json.NewDecoder(body)
		inArray, err := skipToArray(body)
		if err != nil {
			fail(fmt.Errorf("the source: %w", err))
			return
		}
		if inArray {
			_, err = decoder.Token()
		}
		for err == nil && (!inArray || decoder.More()) {
			var text json.RawMessage
			if err = decoder.Decode(&text); err != nil {
				break
			}
			u, bad := s.userIn(text)
			if !yield(u, bad) || bad != nil {
				return
			}
		}
		if err == nil && inArray {
			if _, err = decoder.Token(); err == nil { // its end
				_, err = decoder.Token()
				inArray = false
				if err == nil {
					err = errors.New("something follows its end")
				}
			}
		}
		if err != nil && (inArray || !errors.Is(err, io.EOF)) {
			fail(fmt.Errorf("the source: the list of users breaks off, or goes on after its end: %w", err))
		}
	}
}

// skipToArray skips white space, and reports whether an array begins.
func skipToArray(r *bufio.Reader) (bool, error) {
	for {
		c, err := r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case strings.IndexByte(" \t\r\n", c) >= 0:
			continue
		}
		return c == '[', r.UnreadByte()
	}
}

// fileSource reads users from a file, anew when it has changed.
type fileSource struct {
	name       string
	mapping    sfprov.Mapping
	matchField string

	mu      sync.Mutex
	read    time.Time // the file's own time, when it was read
	size    int64
	users   []sfprov.User
	byMatch map[string]sfprov.User
}

// User is the user of the file with the match value. An empty file deactivates nobody: it is
// one that is being written.
func (s *fileSource) User(_ context.Context, id string) (sfprov.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return sfprov.User{}, err
	}
	if len(s.users) == 0 {
		return sfprov.User{}, fmt.Errorf("%s: there is nobody in it, and nobody is deactivated for that", s.name)
	}
	u, found := s.byMatch[id]
	if !found {
		return sfprov.User{}, sfprov.ErrGone
	}
	return u, nil
}

// Users are those of the file.
func (s *fileSource) Users(context.Context) iter.Seq2[sfprov.User, error] {
	return func(yield func(sfprov.User, error) bool) {
		s.mu.Lock()
		err := s.load()
		all := s.users
		s.mu.Unlock()
		if err != nil {
			yield(sfprov.User{}, err)
			return
		}
		for _, u := range all {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// load reads the file, if it has changed. The lock is held.
func (s *fileSource) load() error {
	file, err := os.Open(s.name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if s.byMatch != nil && info.ModTime().Equal(s.read) && info.Size() == s.size {
		return nil
	}
	var all []sfprov.User
	byMatch := map[string]sfprov.User{}
	for u, err := range users(read(s.name, file), s.mapping) {
		if err != nil {
			return err
		}
		match, _ := u.Fields[s.matchField].(string)
		if _, isTwice := byMatch[match]; isTwice && match != "" {
			return fmt.Errorf("%s: two users have the %s %q", s.name, s.matchField, match)
		}
		byMatch[match] = u
		all = append(all, u)
	}
	s.users, s.byMatch, s.read, s.size = all, byMatch, info.ModTime(), info.Size()
	return nil
}
