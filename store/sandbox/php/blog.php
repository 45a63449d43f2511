wp_set_current_user( 1 );
$id = wpmu_create_blog( $args['domain'], '/' . $args['slug'] . '/', $args['title'], 1, array( 'public' => 1 ) );
if ( is_wp_error( $id ) ) {
	file_put_contents( 'php://stderr', $id->get_error_message() );
	exit( 1 );
}

// WordPress drops the colon from an address with a port; put it back.
$address = 'http://' . $args['domain'] . '/' . $args['slug'];
$wpdb->update( $wpdb->blogs, array( 'domain' => $args['domain'] ), array( 'blog_id' => $id ) );
clean_blog_cache( $id );
update_blog_option( $id, 'siteurl', $address );
update_blog_option( $id, 'home', $address );
echo wp_json_encode( array( 'id' => (int) $id, 'url' => get_home_url( $id ) ) );
