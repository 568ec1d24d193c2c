package mail

import (
	"crypto/x509"
	"time"
)

// Trusting makes a sender believe certificates of a test's own.
func (s *Sender) Trusting(roots *x509.CertPool) *Sender {
	s.dial.roots = roots
	return s
}

// Within makes it less patient.
func (s *Sender) Within(patience time.Duration) *Sender {
	s.dial.patience = patience
	return s
}
