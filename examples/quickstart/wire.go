package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// wire prints every request and its answer, without secrets.
type wire struct {
	base http.RoundTripper
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	login := strings.HasSuffix(r.URL.Path, "/oauth2/token")
	fmt.Printf("  -> %s %s\n", r.Method, r.URL.Path)
	if q := r.URL.Query().Get("q"); q != "" {
		fmt.Printf("     %s\n", q)
	}
	if login {
		fmt.Println("     (client ID and secret, not shown)")
	} else if err := show(&r.Body); err != nil {
		return nil, err
	}
	resp, err := w.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	fmt.Printf("  <- %s\n", resp.Status)
	if login && resp.StatusCode == http.StatusOK {
		fmt.Println("     (access token, not shown)")
	} else if err := show(&resp.Body); err != nil {
		return nil, err
	}
	return resp, nil
}

// show prints a body and puts it back.
func show(body *io.ReadCloser) error {
	if *body == nil {
		return nil
	}
	text, err := io.ReadAll(*body)
	if err != nil {
		return err
	}
	if err := (*body).Close(); err != nil {
		return err
	}
	*body = io.NopCloser(bytes.NewReader(text))
	if len(text) > 0 {
		fmt.Printf("     %s\n", text)
	}
	return nil
}
