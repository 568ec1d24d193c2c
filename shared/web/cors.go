package web

import (
	"net/http"
	"strings"

	"github.com/rs/cors"
)

// CORS lets pages of other origins call public routes. It wraps everything else of a route, so that refusals can be read
// there too. With no origins it is nil: browsers keep other sites out by themselves.
func CORS(origins []string) func(http.Handler) http.Handler {
	allowed := make([]string, 0, len(origins))
	for _, origin := range origins {
		if origin = strings.TrimRight(strings.TrimSpace(origin), "/"); origin != "" {
			allowed = append(allowed, origin)
		}
	}
	if len(allowed) == 0 {
		return nil
	}
	return cors.New(cors.Options{
		AllowedOrigins: allowed,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Guest-Token"},
		ExposedHeaders: []string{HeaderRequestID, "ETag", "Idempotent-Replayed", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"},
		MaxAge:         600,
	}).Handler
}
