package sfprov_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sfprov/sfprov"
)

// Of joined errors that ask for the same step, the longest wait counts.
func TestTheLongestWaitOfJoinedErrorsCounts(t *testing.T) {
	t.Parallel()
	short := &sfprov.APIError{StatusCode: http.StatusServiceUnavailable, RetryAfter: time.Second}
	long := &sfprov.APIError{StatusCode: http.StatusServiceUnavailable, RetryAfter: time.Minute}
	for _, err := range []error{errors.Join(short, long), errors.Join(long, short)} {
		step, wait := sfprov.NextStep(err)
		assert.Equal(t, sfprov.StepAgain, step)
		assert.Equal(t, time.Minute, wait)
	}
}
