// Package bulk is the screens of what is done with many customers at once: whom it
// is for is chosen in the list of customers, then what, then a page says what would
// happen to how many, and a worker does it. See store/bulk.
//
// They are for who may use every product: a set of customers may have bought
// anything, and what is given counts for all of them. Who was given some products
// only exports what they chose, in the list of customers.
package bulk
