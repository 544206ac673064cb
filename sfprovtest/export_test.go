package sfprovtest

// WithAddress makes an org listen elsewhere, so that tests can make it fail.
func WithAddress(address string) Option { return func(s *settings) { s.address = address } }
