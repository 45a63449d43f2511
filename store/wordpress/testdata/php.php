<?php
// Runs WordPress's own functions over the lines of standard input, which are
// base64 of the inputs, and prints one line of JSON for each. The directory of
// WordPress is the argument. Every output is base64: inputs may be any bytes.

define( 'ABSPATH', $argv[1] . '/' );
define( 'WPINC', 'wp-includes' );
error_reporting( E_ALL & ~E_DEPRECATED );

function get_locale() { return 'en_US'; }
function is_multisite() { return false; }
function get_bloginfo() { return 'UTF-8'; }
function wp_installing() { return false; }
function wp_cache_get() { return array( 'blog_charset' => 'UTF-8' ); }

require ABSPATH . WPINC . '/plugin.php';
require ABSPATH . WPINC . '/functions.php';
require ABSPATH . WPINC . '/formatting.php';
require ABSPATH . WPINC . '/kses.php';
add_filter( 'pre_option_blog_charset', function () { return 'UTF-8'; } );
add_filter( 'sanitize_title', 'sanitize_title_with_dashes', 10, 3 );

function name( $s ) {
	return _wp_specialchars( wp_unslash( wp_filter_kses( wp_slash( sanitize_text_field( $s ) ) ) ) );
}

while ( false !== ( $line = fgets( STDIN ) ) ) {
	$s   = base64_decode( trim( $line ) );
	$user = trim( sanitize_user( $s, true ) );
	$out = array(
		'user'       => $user,
		'slug'       => sanitize_title( mb_substr( $user, 0, 50 ) ),
		'text'       => sanitize_text_field( $s ),
		'name'       => name( $s ),
		'special'    => _wp_specialchars( $s ),
		'tags'       => strip_tags( $s ),
		'serialized' => is_serialized( $s ) ? '1' : '',
		'stored'     => maybe_serialize( $s ),
		'encoded'    => serialize( $s ),
		'read'       => maybe_unserialize( maybe_serialize( $s ) ),
	);
	if ( is_numeric( $s ) ) {
		$out['float'] = serialize( (float) $s );
	}
	echo json_encode( array_map( 'base64_encode', $out ) ), "\n";
}
