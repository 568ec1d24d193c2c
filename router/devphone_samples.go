//go:build dev

package main

import (
	"bytes"
	"fmt"
	pixels "image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"strings"
)

// guestNames are of guests who could be played.
func guestNames() []string {
	return []string{"Ana Pérez", "Julián Sosa", "Camila Ríos", "João Silva", "Emily Clark", "Bruno Medina", "Rosa Quiroga", "Tomás Ibarra"}
}

// guestNumber is the number of the nth guest.
func guestNumber(n int) string { return fmt.Sprintf("54911500%05d", 10_000+n) }

// hints are what one could write first.
func hints(role string) []string {
	if role == "owner" {
		return []string{"hoy", "mañana", "ayuda"}
	}
	return []string{"hola", "tenés algo para el finde para 4?", "qué precio tiene una semana en enero?"}
}

// voice is a voice note that can be sent.
type voice struct {
	Label, Text string
	Seconds     int     // 0: as long as it takes to say
	Confidence  float64 // 0: quite sure
}

func voices(role string) []voice {
	if role == "owner" {
		return []voice{{Text: "Hoy"}, {Text: "Mañana"}, {Text: "Libre el finde"}, {Text: "Ayuda"}}
	}
	return []voice{
		{Text: "Hola, ¿tenés algo para el finde que viene? Somos dos"},
		{Text: "Buenas, somos cuatro y un perro, del 3 al 8 de enero"},
		{Text: "Dale, reservame esa"},
		{Text: "¿Cómo hago para llegar a la cabaña?"},
		{Text: "Quiero cancelar la reserva"},
		{Text: "Oi, vocês têm vaga de 10 a 15 de janeiro para duas pessoas?"},
		{Text: "I'd like to book a cabin for two, January 10 to 14"},
		{Label: "Uno que no se entiende (viento)", Text: "mmm fsss el… cuatro", Confidence: 0.2},
		{Label: "Uno larguísimo (3 minutos)", Text: strings.Repeat("y entonces mi cuñado dijo que mejor en febrero, pero ", 40), Seconds: 180},
	}
}

// receiptPicture is a receipt of a transfer as a phone photographs it: a JPEG. There is no font here, so that words are lines,
// and the amount is in digits of seven segments.
func receiptPicture(amount string) []byte {
	const width, height = 720, 1000
	page := pixels.NewRGBA(pixels.Rect(0, 0, width, height))
	fill := func(x0, y0, x1, y1 int, c color.Color) {
		draw.Draw(page, pixels.Rect(x0, y0, x1, y1), pixels.NewUniform(c), pixels.Point{}, draw.Src)
	}
	paper, ink, faint, bank := color.RGBA{250, 250, 248, 255}, color.RGBA{40, 46, 52, 255}, color.RGBA{190, 196, 200, 255}, color.RGBA{0, 104, 140, 255}
	fill(0, 0, width, height, color.RGBA{222, 226, 228, 255})
	fill(40, 40, width-40, height-40, paper)
	fill(40, 40, width-40, 180, bank)
	fill(80, 90, 330, 110, color.White)
	fill(80, 128, 240, 138, color.RGBA{150, 205, 222, 255})
	// A tick in a circle, made of steps.
	for y := -44; y <= 44; y++ {
		for x := -44; x <= 44; x++ {
			if x*x+y*y <= 44*44 {
				page.Set(width/2+x, 270+y, color.RGBA{0, 150, 100, 255})
			}
		}
	}
	for i := range 18 {
		fill(width/2-24+i, 266+i, width/2-16+i, 274+i, color.White)
	}
	for i := range 32 {
		fill(width/2-8+i, 284-i, width/2+i, 292-i, color.White)
	}
	digits(amount, func(x0, y0, x1, y1 int) { fill(x0, y0, x1, y1, ink) }, width/2, 360)
	for i := range 6 {
		y := 560 + i*58
		fill(90, y, 90+130+i%3*30, y+12, faint)
		fill(width-330+i%2*60, y, width-90, y+14, ink)
		fill(90, y+34, width-90, y+36, color.RGBA{232, 234, 235, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, page, &jpeg.Options{Quality: 85}); err != nil {
		return nil // it goes to memory: this cannot be
	}
	return b.Bytes()
}

// segments of each digit, from the top clockwise and the middle last.
var segments = [10]string{"abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcfgd"}

// digits draws a number around the middle of the page.
func digits(amount string, fill func(x0, y0, x1, y1 int), middle, y int) {
	const w, h, bar, gap = 56, 110, 12, 24
	x := middle - len(amount)*(w+gap)/2
	for _, r := range amount {
		if r < '0' || r > '9' {
			fill(x+w/2, y+h-bar, x+w/2+bar, y+h)
			x += w + gap
			continue
		}
		for _, segment := range segments[r-'0'] {
			switch segment {
			case 'a':
				fill(x, y, x+w, y+bar)
			case 'b':
				fill(x+w-bar, y, x+w, y+h/2)
			case 'c':
				fill(x+w-bar, y+h/2, x+w, y+h)
			case 'd':
				fill(x, y+h-bar, x+w, y+h)
			case 'e':
				fill(x, y+h/2, x+bar, y+h)
			case 'f':
				fill(x, y, x+bar, y+h/2)
			case 'g':
				fill(x, y+h/2-bar/2, x+w, y+h/2+bar/2)
			}
		}
		x += w + gap
	}
}

// receiptDocument is a receipt as banks send it: a PDF of one page.
func receiptDocument() []byte {
	const text = "BT /F1 20 Tf 60 720 Td (Comprobante de transferencia) Tj 0 -40 Td /F1 14 Tf (Importe: $ 90.000,00) Tj 0 -24 Td (Estado: realizada) Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	b := bytes.NewBufferString("%PDF-1.4\n")
	places := make([]int, len(objects))
	for i, object := range objects {
		places[i] = b.Len()
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range places {
		fmt.Fprintf(b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
