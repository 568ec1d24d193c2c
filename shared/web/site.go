package web

import (
	"fmt"
	"net/url"
	"strings"
)

// SiteConfig is where clients reach this service.
type SiteConfig struct {
	BaseURL string `envconfig:"BASE_URL" validate:"needed,omitempty,http_url"`
	Port    int    `envconfig:"PORT" default:"8080" validate:"min=0,max=65535"`
}

// URL is the address that links begin with, without a slash at the end; where none was set, this machine's.
func (c SiteConfig) URL() string {
	if c.BaseURL == "" {
		return fmt.Sprintf("http://localhost:%d", c.Port)
	}
	return strings.TrimRight(c.BaseURL, "/")
}

// Host is the host of URL, without a port. The configuration has been checked: what is no address is returned whole.
func (c SiteConfig) Host() string {
	parsed, err := url.Parse(c.URL())
	if err != nil {
		return c.URL()
	}
	return parsed.Hostname()
}
