<?php
/* Plugin Name: Enrolld for Easy Digital Downloads */
if ( ! defined( 'ABSPATH' ) || ! defined( 'ENROLLD_URL' ) || ! defined( 'ENROLLD_SECRET' ) ) {
	return;
}

/** Signs a message (Standard Webhooks) and sends it. What fails is tried again, for three days. */
function enrolld_post( $id, $body, $try = 0 ) {
	$now  = (string) time();
	$key  = base64_decode( substr( ENROLLD_SECRET, strlen( 'whsec_' ) ) );
	$sign = 'v1,' . base64_encode( hash_hmac( 'sha256', "$id.$now.$body", $key, true ) );
	$answer = wp_remote_post( ENROLLD_URL, array(
		'timeout' => 5, 'redirection' => 0, 'body' => $body,
		'headers' => array( 'Content-Type' => 'application/json', 'webhook-id' => $id, 'webhook-timestamp' => $now, 'webhook-signature' => $sign ),
	) );
	$code = is_wp_error( $answer ) ? 0 : (int) wp_remote_retrieve_response_code( $answer );
	if ( $code >= 200 && $code < 300 ) {
		return;
	}
	$waits = array( 60, 300, 1800, 7200, 21600, 43200, 86400, 86400 );
	if ( isset( $waits[ $try ] ) ) {
		wp_schedule_single_event( time() + $waits[ $try ], 'enrolld_retry', array( $id, $body, $try + 1 ) );
	} else {
		error_log( "Enrolld did not take the message $id (status $code). It is not tried again." );
	}
}
add_action( 'enrolld_retry', 'enrolld_post', 10, 3 );

/** Tells of one thing that happened to an EDD order. A renewal is an order below the first one. */
function enrolld_tell( $id, $event, $order, $more ) {
	$who  = edd_get_customer( $order->customer_id );
	$from = $order->get_address();
	enrolld_post( $id, wp_json_encode( array_merge( array(
		'id' => $id, 'event' => $event, 'occurred_at' => gmdate( 'Y-m-d\TH:i:s\Z' ), 'test' => 'test' === $order->mode,
		'order_id' => (string) ( $order->parent ? $order->parent : $order->id ), 'currency' => $order->currency,
		'customer' => array( 'email' => $order->email, 'name' => $who ? $who->name : '', 'country' => $from ? $from->country : '' ),
	), $more ) ) );
}

function enrolld_item( $item, $more = array() ) {
	return array_merge( array( 'product_id' => (string) $item->product_id, 'price_id' => $item->price_id, 'name' => $item->product_name ), $more );
}

/** EDD keeps amounts with nine decimals, and refunds as negative ones. */
function enrolld_amount( $amount ) {
	return number_format( abs( (float) $amount ), 2, '.', '' );
}

function enrolld_paid( $item ) {
	return enrolld_item( $item, array( 'quantity' => abs( $item->quantity ), 'amount' => enrolld_amount( $item->total ) ) );
}

/** The subscriptions that began with an order, by their product. */
function enrolld_subscriptions( $order_id ) {
	$found = array();
	if ( class_exists( 'EDD_Subscriptions_DB' ) ) {
		$subs = new EDD_Subscriptions_DB();
		foreach ( $subs->get_subscriptions( array( 'parent_payment_id' => $order_id ) ) as $sub ) {
			$found[ (int) $sub->product_id ] = $sub;
		}
	}
	return $found;
}

/** A sale: what was bought once together, each subscription by itself. */
function enrolld_purchase( $order_id ) {
	$order = edd_get_order( $order_id );
	$subs  = enrolld_subscriptions( $order_id );
	$once  = array();
	foreach ( $order ? $order->items : array() as $item ) {
		if ( ! isset( $subs[ (int) $item->product_id ] ) ) {
			$once[] = enrolld_paid( $item );
		}
	}
	if ( $once ) {
		enrolld_tell( "edd-purchase-$order_id", 'purchase', $order, array( 'transaction_id' => (string) $order_id, 'items' => $once ) );
	}
	foreach ( $subs as $sub ) {
		enrolld_subscription( 'trialling' === $sub->status ? 'trial_started' : 'purchase', $sub, array(
			'id' => "edd-purchase-$order_id-{$sub->id}", 'transaction_id' => "$order_id-{$sub->id}",
		) );
	}
}
add_action( 'edd_complete_purchase', 'enrolld_purchase' );

/** A refund, by items. Of a subscription an amount goes back; what was bought once may go back whole: without amount. */
add_action( 'edd_refund_order', function ( $order_id, $refund_id, $all ) {
	$order = edd_get_order( $order_id );
	$subs  = enrolld_subscriptions( $order->parent ? $order->parent : $order_id );
	$items = array();
	foreach ( edd_get_order( $refund_id )->items as $item ) {
		$items[] = $all && ! isset( $subs[ (int) $item->product_id ] ) ? enrolld_item( $item ) : enrolld_paid( $item );
	}
	enrolld_tell( "edd-refund-$refund_id", 'refund', $order, array( 'items' => $items ) );
}, 10, 3 );

/** Tells how a subscription stands now, or that it was paid for again. */
function enrolld_subscription( $event, $sub, $more = array() ) {
	$order = edd_get_order( $sub->parent_payment_id );
	if ( ! $order ) {
		return;
	}
	$item = array( 'product_id' => (string) $sub->product_id );
	foreach ( $order->items as $i ) {
		if ( (int) $i->product_id === (int) $sub->product_id ) {
			$item = in_array( $event, array( 'purchase', 'trial_started' ), true ) ? enrolld_paid( $i ) : enrolld_item( $i );
		}
	}
	$more += array( 'id' => "edd-subscription-{$sub->id}-$event-" . time() );
	enrolld_tell( $more['id'], $event, $order, $more + array(
		'subscription_id' => (string) $sub->id, 'items' => array( $item ),
		'paid_until' => get_gmt_from_date( $sub->expiration, 'Y-m-d\TH:i:s\Z' ),
	) );
}

add_action( 'edd_subscription_post_renew', function ( $id, $expiration, $sub, $payment_id = 0 ) {
	$paid = $payment_id ? edd_get_order( $payment_id ) : null;
	$name = $payment_id ? $payment_id : "$id-" . time();
	enrolld_subscription( 'rebill', (object) array_merge( get_object_vars( $sub ), array( 'expiration' => $expiration ) ), array(
		'id' => "edd-renewal-$name", 'transaction_id' => (string) $name, 'amount' => enrolld_amount( $paid ? $paid->total : $sub->recurring_amount ),
	) );
	if ( 'completed' === $sub->status ) {
		enrolld_subscription( 'completed', $sub ); // the last instalment, after which nothing is due
	}
}, 10, 4 );

foreach ( array( 'cancelled' => 'cancel', 'expired' => 'expired', 'failing' => 'payment_failed', 'completed' => 'completed' ) as $status => $event ) {
	add_action( "edd_subscription_$status", function ( $id, $sub ) use ( $event ) {
		enrolld_subscription( $event, $sub );
	}, 10, 2 );
}
