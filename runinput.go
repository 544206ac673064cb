package sfprov

import (
	"iter"
	"runtime"
	"slices"
	"strings"
)

// inputEnd is how the input ended.
type inputEnd struct {
	done     chan struct{}
	err      error
	panicked any
	exited   bool
}

// read takes the input, in a goroutine of its own, since it may hang. A panic of the
// caller's code, and runtime.Goexit, go back to the caller.
func (r *run) read(items iter.Seq2[*item, error]) {
	r.over.exited = true // unless it returns, or panics
	defer func() {
		if r.over.panicked = recover(); r.over.panicked != nil {
			r.over.exited = false
		}
		close(r.over.done)
		close(r.input)
	}()
	for it, err := range items {
		if err != nil {
			r.over.err = err
			break
		}
		select {
		case r.input <- it:
			continue
		case <-r.left:
		}
		break
	}
	r.over.exited = false
}

// takeMore takes up what has come meanwhile.
func (r *run) takeMore() {
	for r.wantsInput() && len(r.input) > 0 {
		it, more := <-r.input
		if !more {
			return
		}
		r.take(it)
	}
}

func (r *run) wantsInput() bool {
	return !r.isOver && r.stop == nil && !r.draining && r.held < maxHeld && len(r.window) < windowSize
}

// endInput is the end of the input.
func (r *run) endInput() {
	r.isOver = true
	switch {
	case r.over.panicked != nil:
		panic(r.over.panicked)
	case r.over.exited:
		runtime.Goexit()
	}
}

// take takes a user up.
func (r *run) take(it *item) {
	if it.barrier {
		r.draining = r.held > 0
		return
	}
	r.held++
	r.summary.Users++
	if it.err != nil {
		r.finish(it)
		return
	}
	it.keys = it.d.keys()
	if r.mustWait(it) { // for the same user, who is under way
		r.waiting = append(r.waiting, it)
		return
	}
	r.enter(it)
}

// keys are what no two users under way may have in common; some may be empty.
func (d *desired) keys() [3]string {
	return [3]string{d.id, strings.ToLower(d.username), d.match.value}
}

func (r *run) mustWait(it *item) bool {
	for _, key := range it.keys {
		if key != "" && (r.lanes[key] != nil || slices.ContainsFunc(r.waiting, func(other *item) bool { return slices.Contains(other.keys[:], key) })) {
			return true
		}
	}
	return false
}

func (r *run) enter(it *item) {
	for _, key := range it.keys {
		if key != "" {
			r.lanes[key] = it
		}
	}
	r.window = append(r.window, it)
}

// release lets those go on who waited for a user.
func (r *run) release(it *item) {
	if it.result.Action == Frozen {
		r.frozen.forget()
	}
	for _, key := range it.keys {
		if r.lanes[key] == it {
			delete(r.lanes, key)
		}
	}
	if len(r.waiting) == 0 || r.stop != nil {
		return
	}
	waiting := r.waiting
	r.waiting = nil
	for _, other := range waiting {
		if r.mustWait(other) {
			r.waiting = append(r.waiting, other)
			continue
		}
		r.enter(other)
	}
}
