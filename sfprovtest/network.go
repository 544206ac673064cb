package sfprovtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Option sets how an org is reached.
type Option func(*settings)

type settings struct {
	tls, inMemory bool
	address       string // of the socket
}

// WithTLS makes the org serve https, with a certificate of its own that only
// [Org.Client] trusts, and whoever is given [Org.CertificatePEM]. Without it, it is
// http.
func WithTLS() Option { return func(s *settings) { s.tls = true } }

// WithInMemoryNetwork makes the org serve over an in-memory network, which only
// [Org.Client] reaches. Unlike sockets, it works inside a testing/synctest
// bubble, where minutes of waiting pass in no time.
func WithInMemoryNetwork() Option { return func(s *settings) { s.inMemory = true } }

// WithAddress makes the org listen at this host and port instead of a free port of
// 127.0.0.1, for clients in other processes: "127.0.0.1:8080". Port 0 is any that is
// free. The host becomes that of [Org.URL], unless it means every address of the
// machine, as 0.0.0.0 and an empty one do. Anybody who reaches it can use the org:
// the credentials are the same for all orgs, and no secret.
func WithAddress(address string) Option { return func(s *settings) { s.address = address } }

// inMemoryURL looks like a real org's, so that nothing is lenient because of a
// loopback address.
const (
	inMemoryURL     = "https://sfprovtest.my.salesforce.com"
	inMemoryAddress = "sfprovtest.my.salesforce.com:443"
)

// network is how the org is reached.
type network struct {
	url    string
	client *http.Client
	server *http.Server
	served chan struct{} // closed when the server's loop has ended

	authority *x509.Certificate // of its certificate, with TLS

	opened, open atomic.Int64
	connections  sync.WaitGroup // those that are open
}

// listen starts to serve. connect is asked before the client connects, and fails
// where it is to fail.
func listen(s settings, handler http.Handler, connect func() error) (*network, error) {
	switch {
	case s.tls && s.inMemory:
		return nil, errors.New("WithTLS and WithInMemoryNetwork exclude each other")
	case s.address != "" && s.inMemory:
		return nil, errors.New("WithAddress and WithInMemoryNetwork exclude each other")
	}
	n := &network{served: make(chan struct{})}
	n.server = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ConnState:         n.count,
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	n.client = &http.Client{Transport: transport}
	var listener net.Listener
	if s.inMemory {
		pipes := &pipeListener{pipes: make(chan net.Conn), closed: make(chan struct{})}
		dial := failing(connect, pipes.dial)
		transport.DialContext, transport.DialTLSContext = dial, dial
		listener, n.url = pipes, inMemoryURL
	} else {
		var err error
		if listener, err = n.onSockets(s, transport, connect); err != nil {
			return nil, err
		}
	}
	go func() {
		defer close(n.served)
		_ = n.server.Serve(listener) // ends with ErrServerClosed
	}()
	return n, nil
}

// onSockets listens where the settings say, and lets the transport reach that.
func (n *network) onSockets(s settings, transport *http.Transport, connect func() error) (net.Listener, error) {
	if s.address == "" {
		s.address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(s.address)
	if err != nil {
		return nil, fmt.Errorf("WithAddress wants a host and a port, such as 127.0.0.1:8080, and not %q: %w", s.address, err)
	}
	sockets, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.address)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w", s.address, err)
	}
	bound := sockets.Addr().String()
	address := reachable(host, bound)
	n.url = "http://" + address
	transport.DialContext = failing(connect, dialOnly(address, bound))
	if !s.tls {
		return sockets, nil
	}
	certificate, err := newCertificate(certified(host)...)
	if err != nil {
		return nil, errors.Join(err, sockets.Close())
	}
	n.url, n.authority = "https://"+address, certificate.authority
	pool := x509.NewCertPool()
	pool.AddCert(n.authority)
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return tls.NewListener(sockets, &tls.Config{Certificates: []tls.Certificate{certificate.server}, MinVersion: tls.VersionTLS12}), nil
}

// reachable is the address by which clients reach what listens on a host, and is
// bound to an address.
func reachable(host, bound string) string {
	boundHost, port, err := net.SplitHostPort(bound)
	switch ip := net.ParseIP(host); {
	case err != nil:
		return bound
	case host != "" && ip == nil: // a name
		return net.JoinHostPort(host, port)
	case ip != nil && !ip.IsUnspecified():
		return net.JoinHostPort(boundHost, port)
	case ip != nil && ip.To4() == nil: // ::
		return net.JoinHostPort("::1", port)
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// certified are the hosts, beside loopback, that the certificate of a server is for
// which listens on this one.
func certified(host string) []string {
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		return []string{host}
	}
	var hosts []string
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	addresses, _ := net.InterfaceAddrs() // without them, it is for fewer hosts
	for _, address := range addresses {
		if block, isBlock := address.(*net.IPNet); isBlock {
			hosts = append(hosts, block.IP.String())
		}
	}
	return hosts
}

func (n *network) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		n.connections.Add(1)
		n.opened.Add(1)
		n.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		n.open.Add(-1)
		n.connections.Done()
	case http.StateActive, http.StateIdle:
	}
}

// close returns when the last request has been dealt with.
func (n *network) close() {
	_ = n.server.Close() // the listener is ours, and there is nothing to do about it
	<-n.served
	_ = n.server.Close() // again, for a connection that was being accepted meanwhile
	n.connections.Wait()
	n.client.CloseIdleConnections()
}

type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// failing dials, unless connect says how that fails.
func failing(connect func() error, next dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := connect(); err != nil {
			return nil, err
		}
		return next(ctx, network, address)
	}
}

func elsewhere(org, address string) error {
	return fmt.Errorf("sfprovtest: this client reaches the org at %s only, not %s", org, address)
}

// dialOnly dials one address, bound, by this or its public name, so that a wrong one
// in a test can't reach the world.
func dialOnly(org, bound string) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != org && address != bound {
			return nil, elsewhere(org, address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// Connections is how many connections were opened to the org so far.
func (o *Org) Connections() int { return int(o.network.opened.Load()) }

// OpenConnections is how many are open now.
func (o *Org) OpenConnections() int { return int(o.network.open.Load()) }

// pipeListener is a network of net.Pipes.
type pipeListener struct {
	pipes  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if address != inMemoryAddress {
		return nil, elsewhere(inMemoryAddress, address)
	}
	ours, theirs := net.Pipe()
	select {
	case l.pipes <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: ctx.Err()}
	}
}

// Accept waits for a caller.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.pipes:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and refuses callers.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is a name only.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "sfprovtest" }
