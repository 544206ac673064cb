package sfprovtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
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

// WithTLS makes the org serve https on loopback, with a certificate of its own
// that only [Org.Client] trusts. Without it, it is http on loopback.
func WithTLS() Option { return func(s *settings) { s.tls = true } }

// WithInMemoryNetwork makes the org serve over an in-memory network, which only
// [Org.Client] reaches. Unlike sockets, it works inside a testing/synctest
// bubble, where minutes of waiting pass in no time.
func WithInMemoryNetwork() Option { return func(s *settings) { s.inMemory = true } }

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

	opened, open atomic.Int64
	connections  sync.WaitGroup // those that are open
}

// listen starts to serve. connect is asked before the client connects, and fails
// where it is to fail.
func listen(s settings, handler http.Handler, connect func() error) (*network, error) {
	if s.tls && s.inMemory {
		return nil, errors.New("WithTLS and WithInMemoryNetwork exclude each other")
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
		sockets, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.address)
		if err != nil {
			return nil, err
		}
		listener, n.url = sockets, "http://"+sockets.Addr().String()
		transport.DialContext = failing(connect, dialOnly(sockets.Addr().String()))
		if s.tls {
			certificate, pool, err := selfSigned()
			if err != nil {
				return nil, errors.Join(err, sockets.Close())
			}
			listener = tls.NewListener(sockets, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
			transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
			n.url = "https://" + sockets.Addr().String()
		}
	}
	go func() {
		defer close(n.served)
		_ = n.server.Serve(listener) // ends with ErrServerClosed
	}()
	return n, nil
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

// dialOnly dials one address, so that a wrong one in a test can't reach the world.
func dialOnly(org string) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != org {
			return nil, elsewhere(org, address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// Connections is how many connections were opened to the org so far.
func (o *Org) Connections() int { return int(o.network.opened.Load()) }

// OpenConnections is how many are open now.
func (o *Org) OpenConnections() int { return int(o.network.open.Load()) }

// selfSigned makes a certificate for loopback, and the pool that trusts it.
func selfSigned() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "sfprovtest"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:         true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:    []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool, nil
}

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
