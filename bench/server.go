package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// knobs are what the server costs.
type knobs struct {
	latency, record, connect time.Duration
	tls                      bool
}

// server answers as an org would that holds a number of users, of whom some differ
// from what the benchmarks want. It keeps nothing of what it is sent.
type server struct {
	knobs knobs
	stats counters
	users atomic.Int64 // that there are
	drift atomic.Int64 // each so many has another title; 0: none
	made  atomic.Int64
}

// counters are what the server saw since they were last read.
type counters struct {
	Requests, Logins, Connections atomic.Int64
}

// stats are counters as they are sent.
type stats struct{ Requests, Logins, Connections int64 }

// announcement is the first line that the server prints.
type announcement struct{ URL, Certificate string }

// serve runs the server, in a process of its own, until its input ends.
func serve(k knobs, out *json.Encoder, done <-chan struct{}) error {
	s := &server{knobs: k}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // for the life of the process
	if err != nil {
		return err
	}
	listener = &slowListener{Listener: listener, s: s}
	a := announcement{URL: "http://" + listener.Addr().String()}
	if k.tls {
		certificate, text, err := newCertificate()
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		a.URL, a.Certificate = "https"+strings.TrimPrefix(a.URL, "http"), text
	}
	if err := out.Encode(a); err != nil {
		return err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)} // who leaves early is no news
	go func() {
		<-done
		_ = server.Close() // the process ends
	}()
	_ = server.Serve(listener) // it ends by Close
	return nil
}

// slowListener counts connections, each of which takes a while.
type slowListener struct {
	net.Listener

	s *server
}

func (l *slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.s.stats.Connections.Add(1)
		time.Sleep(l.s.knobs.connect)
	}
	return conn, err
}

func newCertificate() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; path {
	case "/control":
		s.control(w, r)
		return
	case "/services/oauth2/token":
		s.stats.Logins.Add(1)
		time.Sleep(s.knobs.latency)
		answer(w, http.StatusOK, map[string]string{
			"access_token": "token", "instance_url": "http://" + r.Host, "token_type": "Bearer", "issued_at": "1763900000000",
			"id": "https://login.salesforce.com/id/00D000000000001EAA/005000000000009AAA", "scope": "api",
		})
		return
	default:
		s.data(w, r, strings.TrimSuffix(path, "/"))
	}
}

// control sets what there is, and answers with the counters, which it resets.
func (s *server) control(w http.ResponseWriter, r *http.Request) {
	users, errUsers := strconv.ParseInt(r.URL.Query().Get("users"), 10, 64)
	drift, errDrift := strconv.ParseInt(r.URL.Query().Get("drift"), 10, 64)
	if errUsers == nil && errDrift == nil {
		s.users.Store(users)
		s.drift.Store(drift)
	}
	answer(w, http.StatusOK, stats{s.stats.Requests.Swap(0), s.stats.Logins.Swap(0), s.stats.Connections.Swap(0)})
}

func (s *server) data(w http.ResponseWriter, r *http.Request, path string) {
	s.stats.Requests.Add(1)
	w.Header().Set("Sforce-Limit-Info", "api-usage=1/1000000")
	wait := s.knobs.latency
	switch {
	case strings.HasSuffix(path, "/composite/sobjects"):
		var body struct {
			Records []struct {
				ID string `json:"id"`
			} `json:"records"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			http.Error(w, "no JSON", http.StatusBadRequest)
			return
		}
		time.Sleep(wait + time.Duration(len(body.Records))*s.knobs.record)
		var b strings.Builder
		for i, record := range body.Records {
			if i > 0 {
				b.WriteByte(',')
			}
			if record.ID == "" {
				record.ID = userID(s.made.Add(1))
			}
			_, _ = fmt.Fprintf(&b, `{"id":"%s","success":true,"errors":[]}`, record.ID)
		}
		write(w, http.StatusOK, "["+b.String()+"]")
	case strings.HasSuffix(path, "/sobjects/User"):
		var body map[string]any
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			http.Error(w, "no JSON", http.StatusBadRequest)
			return
		}
		time.Sleep(wait + s.knobs.record)
		write(w, http.StatusCreated, `{"id":"`+userID(s.made.Add(1))+`","success":true,"errors":[]}`)
	case r.Method == http.MethodPatch:
		time.Sleep(wait + s.knobs.record)
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(path, "/composite"):
		s.composite(w, r)
	case strings.Contains(path, "/query"):
		time.Sleep(wait)
		offset := 0
		if _, cursor, isNext := strings.Cut(path, "-"); isNext {
			offset, _ = strconv.Atoi(cursor)
		}
		write(w, http.StatusOK, s.page(r.URL.Query().Get("q"), offset))
	default: // what a client asks for beside, such as limits
		time.Sleep(wait)
		write(w, http.StatusOK, "{}")
	}
}

func (s *server) composite(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Requests []struct {
			Method      string `json:"method"`
			URL         string `json:"url"`
			ReferenceID string `json:"referenceId"`
		} `json:"compositeRequest"`
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	var b strings.Builder
	written := 0
	b.WriteString(`{"compositeResponse":[`)
	for i, sub := range body.Requests {
		if i > 0 {
			b.WriteByte(',')
		}
		u, err := url.Parse(sub.URL)
		if err != nil {
			http.Error(w, "no URL", http.StatusBadRequest)
			return
		}
		text, status := "null", http.StatusNoContent // of a change
		switch sub.Method {
		case http.MethodGet:
			text, status = s.page(u.Query().Get("q"), 0), http.StatusOK
		case http.MethodPost:
			text, status = `{"id":"`+userID(s.made.Add(1))+`","success":true,"errors":[]}`, http.StatusCreated
			written++
		default:
			written++
		}
		_, _ = fmt.Fprintf(&b, `{"body":%s,"httpHeaders":{},"httpStatusCode":%d,"referenceId":"%s"}`, text, status, sub.ReferenceID)
	}
	time.Sleep(s.knobs.latency + time.Duration(written)*s.knobs.record)
	b.WriteString("]}")
	write(w, http.StatusOK, b.String())
}

// number finds users by their match value, or by their ID.
var number = regexp.MustCompile(`'(?:E-(\d+)|005(\d{12})AAA)'`)

// pageSize is Salesforce's.
const pageSize = 2000

// page is an answer to a query: users by their numbers, or all of them.
func (s *server) page(soql string, offset int) string {
	var records []string
	total := 0
	switch {
	case strings.Contains(soql, "FROM User WHERE") && number.MatchString(soql):
		for _, found := range number.FindAllStringSubmatch(soql, -1) {
			if i, err := strconv.ParseInt(found[1]+found[2], 10, 64); err == nil && i < s.users.Load() {
				records = append(records, s.user(i))
			}
		}
		total = len(records)
	case strings.Contains(soql, "FROM PermissionSet WHERE"):
		records = []string{named(permissionSetID(1), "Alpha"), named(permissionSetID(2), "Beta")}
		total = len(records)
	case strings.Contains(soql, "FROM Group WHERE"):
		records = []string{named(groupID, "Everybody")}
		total = len(records)
	case offset > 0, strings.Contains(soql, "LIKE"):
		total = int(s.users.Load())
		for i := offset; i < min(total, offset+pageSize); i++ {
			records = append(records, s.user(int64(i)))
		}
	}
	next := ""
	if offset+len(records) < total {
		next = fmt.Sprintf(`,"nextRecordsUrl":"/services/data/v66.0/query/01g-%d"`, offset+len(records))
	}
	return fmt.Sprintf(`{"totalSize":%d,"done":%v%s,"records":[%s]}`, total, next == "", next, strings.Join(records, ","))
}

// user is the record of a user.
func (s *server) user(i int64) string {
	title := "Engineer"
	if d := s.drift.Load(); d > 0 && i%d == 0 {
		title = "Trainee"
	}
	return fmt.Sprintf(`{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/%[1]s"},"Id":"%[1]s","Username":"user%[2]d@acme.com","IsActive":true,`+
		`"FederationIdentifier":"E-%[2]d","LastName":"Jones","FirstName":"Alice","Email":"user%[2]d@acme.com","Department":"Sales","Title":"%[3]s","EmployeeNumber":"%[2]d","ProfileId":"00e000000000001AAA"}`,
		userID(i), i, title)
}

// userID is the 18-character ID of the nth user. Without upper-case letters, the
// checksum is always the same.
func userID(n int64) string { return fmt.Sprintf("005%012d", n) + "AAA" }

// permissionSetID is the ID of the nth permission set, and groupID that of the group.
func permissionSetID(n int) string { return fmt.Sprintf("0ps%012d", n) + "AAA" }

const groupID = "00g000000000001AAA"

// named is a record of what an Access names, under all the names that are asked for.
func named(id, name string) string {
	return fmt.Sprintf(`{"Id":"%s","Name":"%s","Label":"%[2]s","DeveloperName":"%[2]s"}`, id, name)
}

func answer(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // of plain values
	}
	write(w, status, string(text))
}

func write(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who left needs no answer
}
