package sfprov

import (
	"context"
	"errors"
	"net/http"
)

// bare sends a request without a token, once.
func (c *checker) bare(ctx context.Context, path string) (answer, error) {
	if err := c.s.acquire(ctx); err != nil {
		return answer{}, err
	}
	defer c.s.release()
	return c.s.ask(ctx, request{method: http.MethodGet, path: path, unmetered: true}, nil, 0)
}

// send sends a request once, and again with a new token if the one that was there had
// expired: a check logs in once.
func (c *checker) send(ctx context.Context, r request) (answer, error) {
	for {
		if !r.unmetered {
			if c.calls >= maxCheckCalls {
				return answer{}, errNoCallsLeft
			}
			c.calls++
		}
		ans, tok, err := c.s.try(ctx, r)
		if err != nil {
			if tok == nil && !r.unmetered { // it was not sent
				c.calls--
			}
			return answer{}, err
		}
		c.token = tok
		switch {
		case ans.refusal == nil:
			return ans, nil
		case !ans.refusal.blamesToken():
			return ans, ans.refusal
		case c.loggedIn:
			c.s.tokens.rejected(tok, ans.refusal)
			return ans, ans.refusal
		}
		c.s.tokens.expired(tok)
		c.loggedIn = true
	}
}

// readRows is the outcome of one query: the records of its first page.
type readRows struct {
	rows []record
	all  bool // there is no further page
	err  error
}

// query sends up to five queries as one request. The error is one of the request.
func (c *checker) query(ctx context.Context, queries ...string) ([]readRows, error) {
	r, subs, err := c.p.api.compositeRequest(composite{queries: queries})
	if err != nil {
		return nil, err
	}
	ans, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	answers, err := subanswers(ans, subs)
	if err != nil {
		return nil, err
	}
	results := make([]readRows, len(queries))
	for i, sub := range answers {
		err := sub.failure(func() requestFacts { return c.p.api.asksQuery(queries[i]) }, ans.secrets)
		var page queryPage
		if err == nil {
			page, err = pageOf(answer{status: sub.Status}, sub.Body)
		}
		results[i] = readRows{rows: page.Records, all: page.Done, err: err}
	}
	return results, nil
}

// refused tells of a request that was not answered as it should.
func (c *checker) refused(err error) {
	answered := (*APIError)(nil)
	isAnswer := errors.As(err, &answered)
	switch {
	case errors.Is(err, ErrAuth) && !isAnswer:
		c.stopBy(checkLogin, err)
	case errors.Is(err, ErrRequestLimit):
		c.stopBy(checkCalls, err)
	default:
		c.stopBy(checkAPI, err)
	}
}

// child is a record that another refers to.
func (r record) child(name string) record {
	value, _ := r.lookup(name)
	fields, _ := value.(map[string]any)
	child := make(record, 0, len(fields))
	for key, v := range fields {
		child = append(child, field(key, v))
	}
	return newRecord(child...)
}

// textOr is a field's text; empty if it has none.
func (r record) textOr(name string) string {
	text, _ := r.text(name)
	return text
}

func (r record) isTrue(name string) bool {
	value, _ := r.lookup(name)
	return value == true
}
