// Package catalogue is what an account sells, and which courses each product
// gives. Everything is asked within the caller's product scope: a product that is
// out of it is nowhere, not in lists, counts or choices.
package catalogue
