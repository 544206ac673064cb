package sfprovotel

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/sfprov/sfprov"
)

// The attributes that the semantic conventions don't have.
const (
	orgKey          = attribute.Key("sfprov.org")
	operationKey    = attribute.Key("sfprov.operation")
	actionKey       = attribute.Key("sfprov.action")
	outcomeKey      = attribute.Key("sfprov.outcome")
	grantTypeKey    = attribute.Key("sfprov.grant_type")
	waitReasonKey   = attribute.Key("sfprov.wait.reason")
	retryReasonKey  = attribute.Key("sfprov.retry.reason")
	retryAttemptKey = attribute.Key("sfprov.retry.attempt")
	retryDelayKey   = attribute.Key("sfprov.retry.delay") // in seconds
	usersKey        = attribute.Key("sfprov.users")
	requestsKey     = attribute.Key("sfprov.requests")
	retriesKey      = attribute.Key("sfprov.retries")
	userIDKey       = attribute.Key("sfprov.user.id")
	userNameKey     = attribute.Key("sfprov.user.name")
)

// known are the attributes without those of which nothing is known: an empty text, or 0.
func known(attrs ...attribute.KeyValue) []attribute.KeyValue {
	return slices.DeleteFunc(attrs, func(a attribute.KeyValue) bool {
		switch a.Value.Type() {
		case attribute.STRING:
			return a.Value.AsString() == ""
		case attribute.INT64:
			return a.Value.AsInt64() == 0
		default:
			return false
		}
	})
}

// errorType is the reason of an error. Its text would name people.
func errorType(err error) attribute.KeyValue {
	return semconv.ErrorTypeKey.String(sfprov.Reason(err))
}

// server are the host and the port of a URL.
func server(hostAndPort string) []attribute.KeyValue {
	host, port, err := net.SplitHostPort(hostAndPort)
	if err != nil { // it names no port
		host, port = strings.Trim(hostAndPort, "[]"), "443"
	}
	number, _ := strconv.Atoi(port) // the URL was checked
	return known(semconv.ServerAddress(host), semconv.ServerPort(number))
}
