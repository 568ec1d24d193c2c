package web_test

import (
	"net/http"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

func TestAClientIsCountedUnderItsOwnAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		peer, fly string
		onFly     bool
		want      string
	}{
		"the peer":                       {peer: "203.0.113.7:5000", want: "203.0.113.7"},
		"IPv4 mapped to IPv6":            {peer: "[::ffff:203.0.113.7]:5000", want: "203.0.113.7"},
		"IPv6 by /64":                    {peer: "[2001:db8:1:2:3:4:5:6]:5000", want: "2001:db8:1:2::/64"},
		"its neighbour":                  {peer: "[2001:db8:1:2:ffff::1]:5000", want: "2001:db8:1:2::/64"},
		"another /64":                    {peer: "[2001:db8:1:3::1]:5000", want: "2001:db8:1:3::/64"},
		"with a zone":                    {peer: "[fe80::1%eth0]:5000", want: "fe80::/64"},
		"loopback":                       {peer: "[::1]:5000", want: "::/64"},
		"without a port":                 {peer: "203.0.113.7", want: "203.0.113.7"},
		"no address":                     {peer: "@", want: "unknown"},
		"nothing":                        {peer: "", want: "unknown"},
		"Fly's word, on Fly":             {peer: "172.16.0.1:80", fly: "203.0.113.9", onFly: true, want: "203.0.113.9"},
		"Fly's word of IPv6":             {peer: "172.16.0.1:80", fly: "2001:db8::9", onFly: true, want: "2001:db8::/64"},
		"Fly's word of a mapped address": {peer: "172.16.0.1:80", fly: "::ffff:203.0.113.9", onFly: true, want: "203.0.113.9"},
		"Fly's word, elsewhere":          {peer: "203.0.113.7:5000", fly: "198.51.100.1", want: "203.0.113.7"},
		"no word of Fly's, on Fly":       {peer: "172.16.0.1:80", onFly: true, want: "172.16.0.1"},
		"garbage, on Fly":                {peer: "172.16.0.1:80", fly: "203.0.113.9, 1.2.3.4", onFly: true, want: "unknown"},
		"a page of garbage, on Fly":      {peer: "172.16.0.1:80", fly: "<script>", onFly: true, want: "unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, http.MethodGet, "/", nil)
			r.RemoteAddr = test.peer
			for _, header := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip"} {
				r.Header.Set(header, "198.51.100.99")
			}
			if test.fly != "" {
				r.Header.Set("Fly-Client-IP", test.fly)
			}
			if got := web.Client(r, test.onFly); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
