package sfprovtest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// The ready faults. Those of the way to the org can strike any request, logins
// included; those with an error code are answers of the data API, and those of
// logins are answers of the token endpoint.

// LostAnswer is a fault: the org does its work, and the connection is closed
// before the answer.
func LostAnswer() Fault { return Fault{Name: "answer lost", Drop: true, Commit: true} }

// Dropped is a fault: the connection is closed and the org does nothing. A client
// can't tell it from LostAnswer.
func Dropped() Fault { return Fault{Name: "dropped", Drop: true} }

// Reset is a fault: the connection is reset before the org has done anything.
func Reset() Fault { return Fault{Name: "reset", Drop: true, Reset: true} }

// LateCommit is a fault: the connection is closed without an answer, and the org
// does its work only then, d later: a look in between finds nothing.
func LateCommit(d time.Duration) Fault {
	return Fault{Name: "late commit", Drop: true, Commit: true, Late: d}
}

// CutAnswer is a fault: the org does its work, and its answer breaks off in the
// middle.
func CutAnswer() Fault { return Fault{Name: "answer cut", Truncate: Half} }

// SlowHeaders is a fault: the answer begins d later.
func SlowHeaders(d time.Duration) Fault { return Fault{Name: "slow headers", Delay: d} }

// SlowBody is a fault: each byte of the answer's body takes d.
func SlowBody(d time.Duration) Fault { return Fault{Name: "slow body", Trickle: d} }

// LateLastChunk is a fault: the last byte of the answer's body comes d later.
func LateLastChunk(d time.Duration) Fault { return Fault{Name: "late last chunk", Stall: d} }

// HugeBody is a fault: a gateway answers 200 with a gigabyte of blanks.
func HugeBody() Fault { return Fault{Name: "huge body", Status: http.StatusOK, Size: 1 << 30} }

// Redirect is a fault: the client is told to go elsewhere. The usual statuses are
// 301, 302, 307 and 308.
func Redirect(status int, location string) Fault {
	return Fault{Name: "redirect", Status: status, Header: http.Header{"Location": {location}}}
}

// ConnectionRefused is a fault for plans: [Org.Client] can't connect.
func ConnectionRefused() Fault {
	return Fault{Name: "connection refused", Connect: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}
}

// UntrustedCertificate is a fault for plans: [Org.Client] meets a certificate that
// it does not trust, and does not connect.
func UntrustedCertificate() Fault {
	return Fault{Name: "untrusted certificate", Connect: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}
}

// GatewayHTML is a fault: a gateway on the way answers with a web page, and the
// org sees nothing. The usual statuses are 502, 503 and 504.
func GatewayHTML(status int) Fault {
	return Fault{
		Name:   "gateway " + strconv.Itoa(status),
		Status: status, Header: http.Header{"Content-Type": {"text/html"}},
		Body: "<html><head><title>" + http.StatusText(status) + "</title></head><body><h1>" + http.StatusText(status) + "</h1></body></html>",
	}
}

// Refuse is a fault: the org refuses the request with an error of your choice.
func Refuse(status int, code, message string, fields ...string) Fault {
	a := refuse(Refusal{Status: status, Code: code, Message: message, Fields: fields})
	return Fault{Name: code, Status: a.status, Header: a.header, Body: string(a.body), fromOrg: true}
}

// LockedRow is a fault: another process is changing the same records.
func LockedRow() Fault {
	r := lockedRow()
	return Refuse(r.Status, r.Code, r.Message, r.Fields...)
}

// ConcurrentLimit is a fault: too many long requests run at the same time.
func ConcurrentLimit() Fault {
	return named("concurrent limit", Refuse(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."))
}

// DailyLimit is a fault: the requests of the last 24 hours are used up. See also
// [Org.SetAPIUsage].
func DailyLimit() Fault {
	return named("daily limit", Refuse(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
}

// ServerUnavailable is a fault: the org itself answers that it is too busy.
func ServerUnavailable() Fault {
	return Refuse(http.StatusServiceUnavailable, "SERVER_UNAVAILABLE", "Server Unavailable")
}

// UnknownException is a fault: the org fails inside.
func UnknownException() Fault {
	return Refuse(http.StatusInternalServerError, "UNKNOWN_EXCEPTION",
		"An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-1234567890)")
}

// ExpiredSession is a fault: the session ends while the request is on its way.
func ExpiredSession() Fault { return Fault{Name: "session expired", Expire: true} }

// LoginThrottled is a fault of logins: the integration user has logged in too
// often.
func LoginThrottled() Fault { return refusedLogin("login rate exceeded") }

// LoginRefused is a fault of logins: they are refused. See also
// [Org.RefuseLogins].
func LoginRefused() Fault { return refusedLogin("authentication failure") }

func refusedLogin(description string) Fault {
	a := oauthError("invalid_grant", description)
	return Fault{Name: description, Status: a.status, Header: a.header, Body: string(a.body)}
}

func named(name string, f Fault) Fault {
	f.Name = name
	return f
}
