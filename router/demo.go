//go:build dev

package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// examples are dates and a cabin with which the lines that dev prints work.
type examples struct {
	id                int64
	slug              string
	checkIn, checkOut civil.Date
}

// demoCabin is what a demo cabin has beside the defaults.
type demoCabin struct {
	slug, name, description string
	capacity, included      int
	price, extra, cleaning  money.Cents
	minNights               int
	policy                  booking.Policy
	amenities               []string
	sky, roof               string // colours of its picture
	address, alias          string // where it is, and where transfers go; no alias: nowhere
}

func demoCabins() []demoCabin {
	return []demoCabin{
		{
			"cabana-del-bosque", "Cabaña del Bosque", "Entre pinos, a 300 m del arroyo. Hogar a leña y deck con parrilla.",
			4, 2, 6000000, 900000, 1500000, 2, booking.PolicyModerate,
			[]string{"parrilla", "hogar a leña", "wifi", "cochera"},
			"#bfe3f0", "#7a4a2b",
			"Los Coihues 1450, Villa La Angostura", "bosque.cabana.demo",
		},
		{
			"cabana-del-lago", "Cabaña del Lago", "Vista al lago desde la cama. Kayak incluido.",
			6, 4, 9500000, 1200000, 2000000, 2, booking.PolicyStrict,
			[]string{"kayak", "wifi", "cocina completa", "ropa blanca"},
			"#a8d0e6", "#374785",
			"Costanera 220, Villa La Angostura", "lago.cabana.demo",
		},
		{
			"refugio-de-montana", "Refugio de Montaña", "Para dos, al pie del cerro. Silencio y estrellas.",
			2, 2, 4500000, 0, 1000000, 1, booking.PolicyFlexible,
			[]string{"salamandra", "desayuno", "sin televisor"},
			"#dcd6f7", "#424874",
			"Camino al Cerro s/n, km 4, Villa La Angostura", "",
		},
		{
			"casa-grande", "Casa Grande", "Tres dormitorios, quincho y pileta. Ideal para dos familias.",
			10, 8, 16000000, 1500000, 3500000, 3, booking.PolicyStrict,
			[]string{"pileta", "quincho", "wifi", "mascotas bienvenidas"},
			"#ffe8b8", "#b5442e",
			"Av. Siete Lagos 900, Villa La Angostura", "casa.grande.demo",
		},
	}
}

// devData fills an empty database with cabins, seasons and a few reservations, and finds a free weekend for the examples.
func (p *program) devData(ctx context.Context) (examples, error) {
	r, err := p.prepare(func([]function.Function) ([]function.Function, error) { return nil, nil })
	if err != nil {
		return examples{}, err
	}
	defer r.close()
	var c Database
	if err := p.load(&c); err != nil {
		return examples{}, err
	}
	pool, err := r.database(c)
	if err != nil {
		return examples{}, err
	}
	bookings := postgres.NewBookings(pool.Share(1))
	found, err := bookings.Accommodations(ctx, 0, 1)
	if err != nil {
		return examples{}, err
	}
	var cabins int
	if err := pool.Raw().QueryRow(ctx, `select count(*) from accommodations`).Scan(&cabins); err != nil {
		return examples{}, err
	}
	if cabins == 0 {
		if err := seed(ctx, pool.Raw(), bookings, r.now()); err != nil {
			return examples{}, err
		}
		if found, err = bookings.Accommodations(ctx, 0, 1); err != nil {
			return examples{}, err
		}
	}
	if err := furnishCabins(ctx, pool.Raw()); err != nil {
		return examples{}, err
	}
	if len(found) == 0 { // there are some, and none is active: the lines show what a refusal looks like
		friday := nextFriday(civil.Of(r.now(), time.UTC).AddDays(7))
		return examples{id: 1, slug: "1", checkIn: friday, checkOut: friday.AddDays(3)}, nil
	}
	return freeWeekend(ctx, bookings, found[0], r.now())
}

func seed(ctx context.Context, pool *pgxpool.Pool, bookings *postgres.Bookings, now time.Time) error {
	for _, cabin := range demoCabins() {
		if err := insertCabin(ctx, pool, cabin, civil.Of(now, time.UTC)); err != nil {
			return err
		}
	}
	cabins, err := bookings.Accommodations(ctx, 0, len(demoCabins()))
	if err != nil {
		return err
	}
	for i, guest := range []string{"Lucía Fernández", "Martín Gómez", "Sofía Álvarez", "João Pereira"} {
		from := nextFriday(civil.Of(now, time.UTC).AddDays(7 * (i + 1)))
		stay := booking.Stay{Nights: civil.Nights{From: from, To: from.AddDays(3 + i)}, Guests: 2}
		if err := seedReservation(ctx, bookings, cabins[i%len(cabins)], stay, guest, i%2 == 0, now); err != nil {
			return err
		}
	}
	return nil
}

func insertCabin(ctx context.Context, pool *pgxpool.Pool, c demoCabin, today civil.Date) error {
	photos := []booking.Photo{{URL: picture(c.sky, c.roof), Caption: c.name, Primary: true}}
	var id int64
	err := pool.QueryRow(ctx, `
		insert into accommodations (slug, name, type, description, capacity, included_guests, base_price, extra_guest_price, cleaning_fee,
			min_nights, cancellation_policy, amenities, photos, check_in_time, check_out_time, address, map_url, host_name, host_phone, transfer_alias,
			transfer_cbu, transfer_holder, transfer_bank)
		values ($1, $2, 'cabin', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '15:00', '10:30', $13, $14, 'Marta', '+5492944123456', $15,
			case when $15 = '' then '' else '0000003100010000000001' end, case when $15 = '' then '' else 'Marta Ruiz' end,
			case when $15 = '' then '' else 'Banco de la Nación' end) returning id`,
		c.slug, c.name, c.description, c.capacity, c.included, c.price, c.extra, c.cleaning, c.minNights, c.policy, c.amenities, photos,
		c.address, "https://www.openstreetmap.org/search?query="+url.QueryEscape(c.address), c.alias).Scan(&id)
	if err != nil {
		return err
	}
	year, _, _ := today.YMD()
	for _, season := range []struct {
		name     string
		from, to civil.Date
		percent  int
		nights   int
	}{
		{"Temporada alta", civil.New(year+1, time.January, 2), civil.New(year+1, time.March, 1), 140, 4},
		{"Año Nuevo", civil.New(year, time.December, 29), civil.New(year+1, time.January, 2), 170, 4},
		{"Vacaciones de invierno", civil.New(year+1, time.July, 10), civil.New(year+1, time.July, 26), 130, 3},
	} {
		_, err := pool.Exec(ctx, `
			insert into rates (accommodation_id, name, start_date, end_date, price, min_nights) values ($1, $2, $3, $4, $5, $6)`,
			id, season.name, season.from, season.to, c.price.Percent(season.percent), season.nights)
		if err != nil {
			return err
		}
	}
	return nil
}

func seedReservation(ctx context.Context, b *postgres.Bookings, cabin *booking.Accommodation, stay booking.Stay, guest string, confirmed bool, now time.Time) error {
	priced, err := cabin.Quote(stay)
	if err != nil {
		return err
	}
	r := booking.Reservation{
		Code: booking.NewCode(), AccommodationID: cabin.ID, Stay: stay, Channel: "web",
		Contact:  booking.Contact{Name: guest, Phone: "+5491155443322"},
		Currency: priced.Currency, Total: priced.Total, Deposit: priced.Deposit, Lines: priced.Lines, ExpiresAt: now.Add(24 * time.Hour),
	}
	if err := b.Hold(ctx, &r, "demo", booking.Answer{}, now); err != nil {
		return err
	}
	if !confirmed {
		return nil
	}
	_, _, err = b.Change(ctx, r.Code, "demo", "confirmed", now, func(r *booking.Reservation) error { return r.Confirm(now) })
	return err
}

func nextFriday(d civil.Date) civil.Date {
	return d.AddDays(int((time.Friday - d.Weekday() + 7) % 7))
}

// freeWeekend finds the next weekend that the cabin still has.
func freeWeekend(ctx context.Context, b *postgres.Bookings, cabin *booking.Accommodation, now time.Time) (examples, error) {
	e := examples{id: cabin.ID, slug: cabin.Slug}
	if e.slug == "" {
		e.slug = fmt.Sprint(cabin.ID)
	}
	for week := range 52 {
		e.checkIn = nextFriday(cabin.Today(now).AddDays(7 * (week + 1)))
		e.checkOut = e.checkIn.AddDays(3)
		stay := booking.Stay{Nights: civil.Nights{From: e.checkIn, To: e.checkOut}, Guests: 2}
		taken, err := b.Occupied(ctx, e.slug, stay.Nights, now)
		if err != nil {
			return e, err
		}
		if len(taken.Nights) == 0 && cabin.Check(stay, cabin.Today(now)) == nil {
			return e, nil
		}
	}
	return e, nil // sold out for a year: the lines show what a refusal looks like
}

// picture draws a cabin as an SVG in a data URL, so that the demo needs no files and no network.
func picture(sky, roof string) string {
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200"><path fill="%s" d="M0 0h320v200H0z"/>`+
		`<path fill="#8a9a8b" d="M0 130l70-60 60 50 60-70 130 80v70H0z"/><path fill="#4f6f52" d="M0 160h320v40H0z"/>`+
		`<path fill="#e8d3b0" d="M105 110h110v60H105z"/><path fill="%s" d="M90 112l70-52 70 52z"/><path fill="#5b3a21" d="M148 130h24v40h-24z"/>`+
		`<path fill="#fff3c4" d="M116 124h20v18h-20zM184 124h20v18h-20z"/></svg>`, sky, roof)
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
}
