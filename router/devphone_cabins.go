//go:build dev

package main

import (
	"context"
	"encoding/json"
	pixels "image"
	"image/color"
	"image/png"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

const devPictures = "/dev/pictures/"

// furnished is what guests on WhatsApp ask about a demo cabin.
type furnished struct {
	slug                string
	pets, babies        bool
	latitude, longitude float64
	answers             map[string]string
}

func furnishings() []furnished {
	common := map[string]string{
		"wifi": "de fibra, en toda la cabaña", "parking": "hay lugar para un auto, al lado",
		"kitchen": "completa, con horno, heladera, microondas y vajilla", "linen": "las camas te esperan hechas",
		"heating": "por radiadores, además de la leña", "activities": "el centro está a diez minutos a pie, y el lago a quince",
		"smoking": "adentro no se fuma; en la galería, sí", "parties": "te pedimos silencio desde las 23",
	}
	with := func(own map[string]string) map[string]string {
		for topic, words := range common {
			if own[topic] == "" {
				own[topic] = words
			}
		}
		return own
	}
	return []furnished{
		{"cabana-del-bosque", true, false, -40.7521, -71.6678, with(map[string]string{
			"pets": "un perro o gato por estadía, sin cargo", "grill": "propia, en el deck", "towels": "dos juegos por persona",
			"firewood": "la primera canasta va incluida", "children": "hay cuna y sillita; avisanos y las dejamos listas",
			"pool": "no tiene; el arroyo está a 300 metros",
		})},
		{"cabana-del-lago", false, false, -40.7686, -71.6507, with(map[string]string{
			"grill": "techada, con vista al lago", "towels": "toallas y toallones para todos",
			"pool": "no tiene; el lago está a treinta metros, y el kayak va incluido", "children": "hay practicuna; el deck tiene escalones",
		})},
		{"refugio-de-montana", false, true, -40.7339, -71.6142, with(map[string]string{
			"breakfast": "casero, todas las mañanas", "tv": "no tiene, a propósito", "towels": "toallas y batas",
			"firewood": "va incluida", "children": "es para dos; con un bebé entra una practicuna",
		})},
		{"casa-grande", true, false, -40.7590, -71.6391, with(map[string]string{
			"pets": "bienvenidas, hasta dos", "pool": "propia, de diciembre a marzo", "grill": "en el quincho, con horno de barro",
			"towels": "un juego por persona", "breakfast": "no está incluido", "children": "hay cuna, dos sillitas y juegos en el jardín",
		})},
	}
}

// furnishCabins says of the demo cabins what nobody has said of them yet, and hangs up pictures as WhatsApp takes them.
func furnishCabins(ctx context.Context, pool *pgxpool.Pool) error {
	for _, f := range furnishings() {
		answers, err := json.Marshal(f.answers)
		if err != nil {
			return err
		}
		_, err = pool.Exec(ctx, `
			update accommodations set pets_allowed = $2, babies_count = $3, latitude = $4, longitude = $5, answers = $6
			where slug = $1 and answers = '{}' and latitude is null and pets_allowed is null`, f.slug, f.pets, f.babies, f.latitude, f.longitude, answers)
		if err != nil {
			return err
		}
		picture := devBase() + devPictures + f.slug
		photos := []booking.Photo{
			{URL: picture + "-de-dia.png", Caption: "De día", Primary: true}, {URL: picture + "-al-atardecer.png", Caption: "Al atardecer"},
		}
		_, err = pool.Exec(ctx, `
			update accommodations set photos = $2
			where slug = $1 and (photos->0->>'url' like 'data:image/svg%' or photos->0->>'url' like '%' || $3 || '%') and photos <> $2`, f.slug, photos, devPictures)
		if err != nil {
			return err
		}
	}
	return nil
}

// picturesFunction draws the demo cabins: WhatsApp takes no pictures but JPEG and PNG, at an address.
func picturesFunction() function.Function {
	spec := function.Spec{
		Name: "demo-pictures", Summary: "pictures of the demo cabins",
		Routes: []string{"GET " + devPictures + "{file}"}, Timeout: 10 * time.Second, Concurrency: 4, MaxBody: 1 << 10,
	}
	return function.Serve(spec, func(context.Context, struct{}) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name, evening := strings.CutSuffix(r.PathValue("file"), "-al-atardecer.png")
			if !evening {
				name = strings.TrimSuffix(name, "-de-dia.png")
			}
			cabins := demoCabins()
			i := slices.IndexFunc(cabins, func(c demoCabin) bool { return c.slug == name })
			if i < 0 {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Cache-Control", "max-age=3600")
			png.Encode(w, landscape(cabins[i], evening)) //nolint:errcheck // the client has gone
		}), nil
	})
}

// landscape is a cabin between hills, by day or in the evening, seeded by its name so that no two are alike.
func landscape(c demoCabin, evening bool) pixels.Image {
	p := &painting{image: pixels.NewRGBA(pixels.Rect(0, 0, 800, 500)), evening: evening}
	seed := 0.0
	for _, r := range c.slug {
		seed = math.Mod(seed*1.7+float64(r), 97)
	}
	sky := colour(c.sky)
	for y := range 500 {
		light := float64(y) / 500 * 0.5
		p.fill([][2]float64{{0, float64(y)}, {800, float64(y)}, {800, float64(y) + 1}, {0, float64(y) + 1}}, blend(sky, color.RGBA{255, 250, 235, 255}, light))
	}
	p.circle(120+seed*5, 110, 42, color.RGBA{255, 244, 200, 255})
	p.hills(290, 90, 0.011, seed, blend(sky, color.RGBA{90, 110, 130, 255}, .65))
	p.hills(340, 45, 0.017, seed*2, color.RGBA{106, 138, 118, 255})
	p.hills(400, 14, 0.02, seed*3, color.RGBA{82, 118, 84, 255})
	for i := range 9 {
		x := math.Mod(seed*31+float64(i)*97, 820)
		if x < 230 || x > 590 {
			p.pine(x, 420+float64(i%3)*18, 90+float64(i*37%50))
		}
	}
	p.cabin(colour(c.roof))
	return p.image
}

// painting is drawn with polygons, whose edges are softened.
type painting struct {
	image   *pixels.RGBA
	evening bool
	lit     bool // what is drawn gives light of its own
}

func (p *painting) cabin(roof color.RGBA) {
	wall, dark, window := color.RGBA{222, 190, 142, 255}, color.RGBA{92, 62, 40, 255}, color.RGBA{190, 220, 235, 255}
	p.rect(280, 300, 240, 130, wall)
	for i := range 6 {
		p.rect(280, 318+float64(i)*20, 240, 2, blend(wall, dark, .25))
	}
	p.rect(458, 190, 30, 70, blend(roof, dark, .4))
	p.fill([][2]float64{{250, 308}, {400, 195}, {550, 308}}, roof)
	p.fill([][2]float64{{250, 308}, {400, 195}, {400, 211}, {268, 310}}, blend(roof, color.RGBA{255, 255, 255, 255}, .15))
	p.rect(372, 345, 56, 85, dark)
	p.rect(240, 430, 320, 14, blend(wall, dark, .5))
	if p.evening {
		window = color.RGBA{255, 222, 130, 255}
	}
	for _, x := range []float64{302, 450} {
		p.rect(x-4, 336, 56, 50, dark)
		p.lit = p.evening
		p.rect(x, 340, 48, 42, window)
		p.lit = false
		p.rect(x+22, 340, 4, 42, dark)
		p.rect(x, 359, 48, 4, dark)
	}
}

func (p *painting) pine(x, y, tall float64) {
	p.rect(x-4, y-12, 8, 18, color.RGBA{90, 66, 46, 255})
	for i := range 3 {
		top, wide := y-tall+float64(i)*tall*.25, tall*(.16+float64(i)*.09)
		p.fill([][2]float64{{x, top}, {x + wide, top + tall*.42}, {x - wide, top + tall*.42}}, color.RGBA{52, 92, 66, 255})
	}
}

func (p *painting) hills(y, tall, narrow, seed float64, c color.RGBA) {
	line := [][2]float64{{0, 500}}
	for x := 0.0; x <= 800; x += 8 {
		line = append(line, [2]float64{x, y - tall*(.5*math.Sin(x*narrow+seed)+.3*math.Sin(x*narrow*2.3+seed*2)+.4)})
	}
	p.fill(append(line, [2]float64{800, 500}), c)
}

func (p *painting) rect(x, y, w, h float64, c color.RGBA) {
	p.fill([][2]float64{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, c)
}

func (p *painting) circle(x, y, radius float64, c color.RGBA) {
	var round [][2]float64
	for i := range 60 {
		angle := float64(i) * math.Pi / 30
		round = append(round, [2]float64{x + radius*math.Cos(angle), y + radius*math.Sin(angle)})
	}
	p.fill(round, c)
}

// fill paints a polygon, line by line, four lines to a pixel.
func (p *painting) fill(corners [][2]float64, c color.RGBA) {
	if p.evening && !p.lit {
		c = blend(c, color.RGBA{50, 32, 78, 255}, .52)
	}
	const fine = 4
	for row := range 500 {
		cover := make(map[int]float64)
		for part := range fine {
			y := float64(row) + (float64(part)+.5)/fine
			var cuts []float64
			for i, from := range corners {
				to := corners[(i+1)%len(corners)]
				if (from[1] <= y) != (to[1] <= y) {
					cuts = append(cuts, from[0]+(y-from[1])/(to[1]-from[1])*(to[0]-from[0]))
				}
			}
			slices.Sort(cuts)
			for i := 0; i+1 < len(cuts); i += 2 {
				left, right := max(cuts[i], 0), min(cuts[i+1], 800)
				for x := int(left); float64(x) < right; x++ {
					cover[x] += (min(right, float64(x+1)) - max(left, float64(x))) / fine
				}
			}
		}
		for x, part := range cover {
			p.image.SetRGBA(x, row, blend(p.image.RGBAAt(x, row), c, part))
		}
	}
}

// blend is a colour with so much of another.
func blend(a, b color.RGBA, part float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-part) + float64(b)*part) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// colour reads a colour as #7a4a2b.
func colour(text string) color.RGBA {
	c := color.RGBA{A: 255}
	for i, part := range []*uint8{&c.R, &c.G, &c.B} {
		for _, r := range text[1+2*i : 3+2*i] {
			*part = *part<<4 | uint8(strings.IndexRune("0123456789abcdef", r))
		}
	}
	return c
}
