package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// shrink writes a picture of a screen with 256 colours: the most frequent ones stay
// as they are, and the shades at the edges of letters become the nearest of them.
func shrink(in []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(in))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	palette := frequent(img)
	small := image.NewPaletted(img.Bounds(), palette)
	nearest := map[color.Color]uint8{}
	each(img, func(x, y int, c color.Color) {
		i, ok := nearest[c]
		if !ok {
			i = uint8(palette.Index(c)) // at most 256 colours
			nearest[c] = i
		}
		small.SetColorIndex(x, y, i)
	})
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		return nil, fmt.Errorf("write a picture: %w", err)
	}
	return out.Bytes(), nil
}

// frequent are the colours that a picture has most of.
func frequent(img image.Image) color.Palette {
	count := map[color.Color]int{}
	each(img, func(_, _ int, c color.Color) { count[c]++ })
	out := make(color.Palette, 0, len(count))
	for c := range count {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b color.Color) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(number(a), number(b)))
	})
	return out[:min(len(out), 256)]
}

// number orders colours of one frequency, so that the same picture is the same file.
func number(c color.Color) uint64 {
	r, g, b, a := c.RGBA()
	return uint64(r)<<48 | uint64(g)<<32 | uint64(b)<<16 | uint64(a)
}

func each(img image.Image, do func(x, y int, c color.Color)) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			do(x, y, img.At(x, y))
		}
	}
}
