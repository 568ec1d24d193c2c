package storage

import (
	"context"
	"net/http"
	"time"
)

// AddressOf returns where a bucket's object is asked for, without asking.
func AddressOf(s Store, name string) string {
	b := s.(*bucket)
	address, err := b.api.Presign(context.Background(), http.MethodGet, b.name, name, time.Minute, nil)
	if err != nil {
		return err.Error()
	}
	return address.Host + address.Path
}
