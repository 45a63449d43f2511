<?php
// Stands in for WordPress with Easy Digital Downloads and its Recurring Payments: what the plugin of
// docs/platforms/edd calls, and a shop's story. Prints what is posted and what is put off, a line of JSON each.
// Run as: php shop.php plugin.php address secret status-of-answers story

[ , $plugin, $address, $secret, $status, $story ] = $argv;
define( 'ABSPATH', '/' );
if ( '' !== $address ) {
	define( 'ENROLLD_URL', $address );
	define( 'ENROLLD_SECRET', $secret );
}
$actions = array();
$answer  = (int) $status;

function add_action( $hook, $do, $priority = 10, $args = 1 ) {
	$GLOBALS['actions'][ $hook ][] = array( $do, $args );
}
function do_action( $hook, ...$given ) {
	foreach ( $GLOBALS['actions'][ $hook ] ?? array() as [ $do, $args ] ) {
		$do( ...array_slice( $given, 0, $args ) );
	}
}
function say( $what ) {
	echo json_encode( $what ), "\n";
}
function wp_json_encode( $data ) {
	return json_encode( $data );
}
function wp_remote_post( $url, $args ) {
	say( array( 'posted' => $url, 'headers' => $args['headers'], 'body' => $args['body'], 'timeout' => $args['timeout'] ) );
	return array( 'response' => array( 'code' => $GLOBALS['answer'] ) );
}
function is_wp_error( $answer ) {
	return 0 === $answer['response']['code'];
}
function wp_remote_retrieve_response_code( $answer ) {
	return $answer['response']['code'];
}
function wp_schedule_single_event( $at, $hook, $args ) {
	say( array( 'put_off' => $at - time(), 'hook' => $hook, 'args' => $args ) );
}
function get_gmt_from_date( $date, $format ) {
	return gmdate( $format, strtotime( $date . ' UTC' ) );
}

class Fake_Order {
	public $id, $total, $parent = 0, $mode = 'live', $currency = 'USD', $email = 'ann@example.org', $customer_id = 5, $items = array();
	public function __construct( $fields ) {
		foreach ( $fields as $name => $value ) {
			$this->$name = $value;
		}
	}
	public function get_address() {
		return (object) array( 'country' => 'US' );
	}
}
function item( $id, $product, $price, $name, $total, $quantity = 1 ) {
	return (object) array(
		'id' => $id, 'product_id' => $product, 'price_id' => $price, 'product_name' => $name,
		'quantity' => $quantity, 'subtotal' => $total, 'tax' => 0.0, 'total' => $total,
	);
}
function orders() {
	$course = item( 1, 11, 2, 'Course A', '49.000000000' );
	$book   = item( 2, 12, null, 'Workbook', '20.004999999', 2 );
	$club   = item( 3, 13, null, 'Club', '29.000000000' );
	return array(
		100 => new Fake_Order( array( 'id' => 100, 'total' => '69.000000000', 'items' => array( $course, $book ) ) ),
		101 => new Fake_Order( array( 'id' => 101, 'parent' => 100, 'total' => '-20.000000000', 'items' => array( item( 4, 12, null, 'Workbook', '-20.000000000', -2 ) ) ) ),
		102 => new Fake_Order( array( 'id' => 102, 'parent' => 100, 'total' => '-49.000000000', 'items' => array( item( 5, 11, 2, 'Course A', '-49.000000000', -1 ) ) ) ),
		200 => new Fake_Order( array( 'id' => 200, 'total' => '29.000000000', 'items' => array( $club ) ) ),
		201 => new Fake_Order( array( 'id' => 201, 'parent' => 200, 'total' => '29.000000000', 'items' => array( $club ) ) ),
		203 => new Fake_Order( array( 'id' => 203, 'parent' => 200, 'total' => '-29.000000000', 'items' => array( item( 7, 13, null, 'Club', '-29.000000000', -1 ) ) ) ),
		202 => new Fake_Order( array( 'id' => 202, 'parent' => 201, 'total' => '-29.000000000', 'items' => array( item( 6, 13, null, 'Club', '-29.000000000', -1 ) ) ) ),
	);
}
function edd_get_order( $id ) {
	return orders()[ $id ] ?? false;
}
function edd_get_customer( $id ) {
	return (object) array( 'id' => $id, 'name' => "Ann O'Neil", 'email' => 'ann@example.org' );
}
function subscription( $status, $expiration ) {
	return (object) array(
		'id' => 7, 'parent_payment_id' => 200, 'product_id' => 13, 'status' => $status, 'expiration' => $expiration,
		'recurring_amount' => '29.00', 'bill_times' => 0,
	);
}
function in_days( $days ) {
	return gmdate( 'Y-m-d H:i:s', time() + 86400 * $days );
}
// later waits for the next second: messages tell the time no finer.
function later() {
	time_sleep_until( time() + 1 );
}
class EDD_Subscriptions_DB {
	public function get_subscriptions( $args ) {
		$status = 'trial' === $GLOBALS['story'] ? 'trialling' : 'active';
		$end    = 'recovered' === $GLOBALS['story'] ? in_days( 0 ) : '2099-02-01 23:59:59';
		return 200 === $args['parent_payment_id'] ? array( subscription( $status, $end ) ) : array();
	}
}

require $plugin;

switch ( $story ) {
	case 'no settings':
		do_action( 'edd_complete_purchase', 100, null, null );
		say( array( 'hook' => 'the site lives' ) );
		break;
	case 'sale':
		do_action( 'edd_complete_purchase', 100, null, null );
		break;
	case 'refunds':
		do_action( 'edd_complete_purchase', 100, null, null );
		do_action( 'edd_refund_order', 100, 101, false );
		do_action( 'edd_refund_order', 100, 102, true );
		break;
	case 'trial':
		do_action( 'edd_complete_purchase', 200, null, null );
		break;
	case 'subscription':
		do_action( 'edd_complete_purchase', 200, null, null );
		do_action( 'edd_subscription_post_renew', 7, '2099-03-01 23:59:59', subscription( 'active', '2099-02-01 23:59:59' ), 201 );
		do_action( 'edd_subscription_failing', 7, subscription( 'failing', '2099-03-01 23:59:59' ) );
		do_action( 'edd_subscription_cancelled', 7, subscription( 'cancelled', '2099-03-01 23:59:59' ) );
		do_action( 'edd_subscription_expired', 7, subscription( 'expired', '2026-03-01 23:59:59' ) );
		break;
	case 'recovered':
		do_action( 'edd_complete_purchase', 200, null, null );
		later();
		do_action( 'edd_subscription_failing', 7, subscription( 'failing', in_days( 0 ) ) );
		later();
		do_action( 'edd_subscription_post_renew', 7, in_days( 30 ), subscription( 'active', in_days( 0 ) ), 201 );
		break;
	case 'renewal given back':
		do_action( 'edd_subscription_post_renew', 7, '2099-03-01 23:59:59', subscription( 'active', '2099-02-01 23:59:59' ), 201 );
		do_action( 'edd_refund_order', 201, 202, true );
		break;
	case 'subscription given back':
		do_action( 'edd_complete_purchase', 200, null, null );
		do_action( 'edd_refund_order', 200, 203, true );
		break;
	case 'last instalment':
		do_action( 'edd_subscription_completed', 7, subscription( 'completed', '2099-03-01 23:59:59' ) );
		do_action( 'edd_subscription_post_renew', 7, '2099-03-01 23:59:59', subscription( 'completed', '2099-03-01 23:59:59' ), 201 );
		break;
	case 'retry':
		do_action( 'enrolld_retry', 'edd-purchase-100', '{"id":"edd-purchase-100"}', 3 );
		do_action( 'enrolld_retry', 'edd-purchase-100', '{"id":"edd-purchase-100"}', 8 );
}
