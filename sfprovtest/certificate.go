package sfprovtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// certificateLife is how long certificates are valid. Some clients refuse those of
// servers that are valid for more than 398 days.
const certificateLife = 365 * 24 * time.Hour

// certificate is what the org shows its clients, and the authority that issued it:
// some clients take no certificate for a server's that is an authority's too.
type certificate struct {
	server    tls.Certificate
	authority *x509.Certificate
}

// newCertificate makes a certificate for loopback and these further hosts, each a
// name or an IP address.
func newCertificate(hosts ...string) (certificate, error) {
	authority := template(1, "sfprovtest authority")
	authority.KeyUsage, authority.IsCA, authority.MaxPathLenZero = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, true, true
	authorityDER, authorityKey, err := issue(authority, authority, nil)
	if err != nil {
		return certificate{}, err
	}
	if authority, err = x509.ParseCertificate(authorityDER); err != nil {
		return certificate{}, err
	}
	server := template(2, "sfprovtest")
	server.KeyUsage, server.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range append([]string{"localhost", "127.0.0.1", "::1"}, hosts...) {
		if ip := net.ParseIP(host); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		} else {
			server.DNSNames = append(server.DNSNames, host)
		}
	}
	serverDER, serverKey, err := issue(server, authority, authorityKey)
	if err != nil {
		return certificate{}, err
	}
	return certificate{server: tls.Certificate{Certificate: [][]byte{serverDER}, PrivateKey: serverKey}, authority: authority}, nil
}

func template(serial int64, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"sfprovtest"}},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certificateLife),
		BasicConstraintsValid: true,
	}
}

// issue makes a key and its certificate, signed by the issuer's key, or by itself
// without one.
func issue(template, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if issuerKey == nil {
		issuerKey = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	return der, key, err
}

// CertificatePEM is the certificate of the authority that a client has to trust to
// reach an org with [WithTLS], in PEM; nil for other orgs. Programs in other
// languages take it as a file: curl by --cacert, Node by NODE_EXTRA_CA_CERTS, Python's
// requests by REQUESTS_CA_BUNDLE. Each org has an authority of its own, whose key
// nobody gets: who trusts it trusts this org only.
func (o *Org) CertificatePEM() []byte {
	if o.network.authority == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: o.network.authority.Raw})
}
