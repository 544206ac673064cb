package sfprov

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Full jitter: any pause from zero to a ceiling that doubles. resty's covers the
// upper half only, so that callers who failed together come back together.
func TestPausesHaveFullJitter(t *testing.T) {
	t.Parallel()
	policy := RetryPolicy{}.withDefaults()
	for attempt, ceiling := range map[int]time.Duration{1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 9: 4 * time.Second} {
		shortest, longest := time.Hour, time.Duration(0)
		for range 2000 { // the chance that none falls into a given tenth is below 1e-91
			pause := policy.pause(attempt, 0)
			shortest, longest = min(shortest, pause), max(longest, pause)
		}
		assert.Less(t, shortest, ceiling/10)
		assert.Greater(t, longest, ceiling*9/10)
		assert.LessOrEqual(t, longest, ceiling)
		assert.GreaterOrEqual(t, shortest, time.Duration(0))
	}
	assert.Equal(t, 30*time.Second, policy.pause(1, 30*time.Second), "what the answer asks for rules")
}
