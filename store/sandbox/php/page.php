wp_set_current_user( 1 );
if ( $args['blog'] > 0 && is_multisite() ) {
	switch_to_blog( $args['blog'] );
}
$id = wp_insert_post(
	wp_slash(
		array(
			'post_type'    => 'page',
			'post_status'  => 'publish',
			'post_title'   => $args['title'],
			'post_content' => $args['content'],
			'post_excerpt' => $args['excerpt'],
			'post_parent'  => $args['parent'],
			'meta_input'   => $args['course'] ? array( '_enrolld_course' => '1' ) : array(),
		)
	),
	true
);
if ( is_wp_error( $id ) ) {
	file_put_contents( 'php://stderr', $id->get_error_message() );
	exit( 1 );
}
echo (int) $id;
