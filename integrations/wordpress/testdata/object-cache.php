<?php
/**
 * Drop-in of the tests: a persistent object cache in one file. It is slow, and
 * as stubborn as a real one.
 */

class WP_Object_Cache {
	private $file;
	private $data = array();

	public function __construct() {
		$this->file = WP_CONTENT_DIR . '/object-cache.data';
		if ( is_readable( $this->file ) ) {
			$this->data = (array) unserialize( file_get_contents( $this->file ) );
		}
	}
	public function save() {
		file_put_contents( $this->file, serialize( $this->data ), LOCK_EX );
	}
	public function has( $key, $group ) {
		return isset( $this->data[ $group ] ) && array_key_exists( $key, $this->data[ $group ] );
	}
	public function get( $key, $group, &$found = null ) {
		$found = $this->has( $key, $group );
		$value = $found ? $this->data[ $group ][ $key ] : false;
		return is_object( $value ) ? clone $value : $value;
	}
	public function set( $key, $value, $group ) {
		$this->data[ $group ][ $key ] = is_object( $value ) ? clone $value : $value;
		return true;
	}
	public function delete( $key, $group ) {
		$had = $this->has( $key, $group );
		unset( $this->data[ $group ][ $key ] );
		return $had;
	}
	public function flush() {
		$this->data = array();
		return true;
	}
}

function wp_cache_init() {
	$GLOBALS['wp_object_cache'] = new WP_Object_Cache();
	register_shutdown_function( array( $GLOBALS['wp_object_cache'], 'save' ) );
}
function enrolld_test_group( $group ) {
	return '' === (string) $group ? 'default' : $group;
}
function wp_cache_get( $key, $group = '', $force = false, &$found = null ) {
	return $GLOBALS['wp_object_cache']->get( $key, enrolld_test_group( $group ), $found );
}
function wp_cache_set( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->set( $key, $data, enrolld_test_group( $group ) );
}
function wp_cache_add( $key, $data, $group = '', $expire = 0 ) {
	if ( wp_suspend_cache_addition() || $GLOBALS['wp_object_cache']->has( $key, enrolld_test_group( $group ) ) ) {
		return false;
	}
	return wp_cache_set( $key, $data, $group );
}
function wp_cache_replace( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->has( $key, enrolld_test_group( $group ) ) && wp_cache_set( $key, $data, $group );
}
function wp_cache_delete( $key, $group = '' ) {
	return $GLOBALS['wp_object_cache']->delete( $key, enrolld_test_group( $group ) );
}
function wp_cache_incr( $key, $offset = 1, $group = '' ) {
	$value = (int) wp_cache_get( $key, $group ) + $offset;
	wp_cache_set( $key, $value, $group );
	return $value;
}
function wp_cache_decr( $key, $offset = 1, $group = '' ) {
	return wp_cache_incr( $key, -$offset, $group );
}
function wp_cache_flush() {
	return $GLOBALS['wp_object_cache']->flush();
}
function wp_cache_close() {
	return true;
}
function wp_cache_add_global_groups( $groups ) {}
function wp_cache_add_non_persistent_groups( $groups ) {}
function wp_cache_switch_to_blog( $blog_id ) {}
