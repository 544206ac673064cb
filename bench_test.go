package sfprov_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sfprov/sfprov"
	"github.com/sfprov/sfprov/sfprovtest"
)

// BenchmarkCreate measures one create against plain net/http doing the same work
// in the same run: encoding the user, sending it with a token, reading the answer
// to its end, decoding and checking it. It reports our time and allocations as
// ratios to plain net/http's.
func BenchmarkCreate(b *testing.B) {
	domain := cannedOrg(b)
	cfg := config()
	cfg.Domain = domain
	p, err := sfprov.New(cfg)
	require.NoError(b, err)
	plain := plainCreator(domain)
	u := sfprov.User{Username: "alice", Fields: sfprov.Fields{
		"LastName": "Jones", "FirstName": "Alice", "Email": "alice@primary.com", "Department": "Sales", "Title": "Engineer",
		"FederationIdentifier": "E-1", "EmployeeNumber": "1", "IsActive": true,
	}}
	ours := func() error {
		_, err := p.Create(context.Background(), u)
		return err
	}
	// Both once before anything is measured: connections and the token stay.
	require.NoError(b, ours())
	require.NoError(b, plain(u, cfg.Defaults))

	oursTime, oursAllocs := measure(b, ours)
	plainTime, plainAllocs := measure(b, func() error { return plain(u, cfg.Defaults) })
	b.ReportMetric(oursTime/plainTime, "time-ratio")
	b.ReportMetric(oursAllocs/plainAllocs, "allocs-ratio")
	b.ReportMetric(oursAllocs, "allocs/create")
	b.ReportMetric(plainAllocs, "plain-allocs/create")
}

// measure runs f b.N times, and returns nanoseconds and allocations of one run.
func measure(b *testing.B, f func() error) (nanoseconds, allocations float64) {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for range b.N {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
	elapsed := b.Elapsed()
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.StartTimer()
	return float64(elapsed.Nanoseconds()) / float64(b.N), float64(after.Mallocs-before.Mallocs) / float64(b.N)
}

// plainCreator is what one would write with net/http alone.
func plainCreator(domain string) func(sfprov.User, sfprov.Fields) error {
	hc := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	return func(u sfprov.User, defaults sfprov.Fields) error {
		fields := make(map[string]any, len(u.Fields)+len(defaults)+2)
		maps.Copy(fields, defaults)
		maps.Copy(fields, u.Fields)
		fields["Username"], fields["Alias"] = u.Username+"@primary.com", u.Username
		body, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, domain+"/services/data/v66.0/sobjects/User/", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer token")
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
		resp, err := hc.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }() // read whole
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		var created struct {
			ID      string `json:"id"`
			Success bool   `json:"success"`
		}
		if err := json.Unmarshal(answer, &created); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusCreated || !created.Success || len(created.ID) != 18 {
			return fmt.Errorf("not created: %d", resp.StatusCode)
		}
		return nil
	}
}

// cannedOrg answers logins and creates from memory. It reads and writes
// connections by hand, so that next to nothing of what is measured is its own.
func cannedOrg(b *testing.B) (domain string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { _ = listener.Close() })
	answer := func(status, body string) []byte {
		return []byte("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) +
			"\r\nSforce-Limit-Info: api-usage=18/5000\r\n\r\n" + body)
	}
	token := answer("200 OK", `{"access_token":"token","token_type":"Bearer"}`)
	made := answer("201 Created", `{"id":"`+aliceID+`","success":true,"errors":[]}`)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }() // the benchmark is over
				in := bufio.NewReader(conn)
				for {
					login, length := false, 0
					for first := true; ; first = false {
						line, err := in.ReadSlice('\n')
						if err != nil {
							return
						}
						if first {
							login = bytes.Contains(line, []byte("oauth2"))
						}
						if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
							for _, digit := range bytes.TrimSpace(value) {
								length = length*10 + int(digit-'0')
							}
						}
						if len(line) <= 2 {
							break
						}
					}
					if _, err := in.Discard(length); err != nil {
						return
					}
					reply := made
					if login {
						reply = token
					}
					if _, err := conn.Write(reply); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// BenchmarkEvents tells how many API calls an event costs, where each changes a user: one by
// one, and through a Batcher that fifty callers share.
func BenchmarkEvents(b *testing.B) {
	const users = 100
	for _, callers := range []int{1, 50} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			org := sfprovtest.NewOrg(b, sfprovtest.WithInMemoryNetwork())
			cfg := org.Config()
			cfg.ProvisioningDomain, cfg.MatchField = "primary.com", "FederationIdentifier"
			p, err := sfprov.New(cfg, sfprov.WithHTTPClient(org.Client()))
			require.NoError(b, err)
			batcher := sfprov.NewBatcher(p)
			ensure := func(n, version int) {
				u := employee(fmt.Sprint("user", n), fmt.Sprint("E-", n))
				u.Fields["Title"] = fmt.Sprint("v", version)
				_, err := batcher.Ensure(b.Context(), u)
				assert.NoError(b, err)
			}
			for n := range users {
				ensure(n, 0)
			}
			before := len(org.Requests())
			events := make(chan int)
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for i := range events {
						ensure(i%users, i/users+1)
					}
				})
			}
			n := 0
			for b.Loop() {
				for range users {
					events <- n
					n++
				}
			}
			close(events)
			wg.Wait()
			b.ReportMetric(float64(len(org.Requests())-before)/float64(n), "calls/event")
		})
	}
}
