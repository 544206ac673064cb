package main

import (
	"context"
	"fmt"

	"github.com/sfprov/sfprov"
)

// Event is what an identity service tells this hook.
type Event struct {
	Name     string // login name, an email address
	LastName string
	Left     bool // the user has left
}

// Hook is the code under test: it provisions users, and remembers their
// Salesforce IDs.
type Hook struct {
	Provisioner *sfprov.Provisioner
	IDs         map[string]string // by name; a database in real life
}

// Handle handles one event.
func (h *Hook) Handle(ctx context.Context, e Event) error {
	id, known := h.IDs[e.Name]
	switch {
	case e.Left && !known:
		return nil
	case e.Left:
		_, err := h.Provisioner.Deactivate(ctx, id)
		return err
	}
	u := sfprov.User{Username: e.Name, Fields: sfprov.Fields{
		"LastName": e.LastName, "Email": e.Name, "FederationIdentifier": e.Name,
	}}
	if known {
		_, err := h.Provisioner.Update(ctx, id, u)
		return err
	}
	result, err := h.Provisioner.Create(ctx, u)
	if err != nil {
		return fmt.Errorf("hook: %w", err)
	}
	h.IDs[e.Name] = result.ID
	return nil
}
